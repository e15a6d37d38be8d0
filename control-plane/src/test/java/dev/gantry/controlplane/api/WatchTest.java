package dev.gantry.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.store.InMemoryObjectStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WatchTest {
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";

    private final ApiFixture api = new ApiFixture(new InMemoryObjectStore(50));

    @AfterEach
    void stop() {
        api.close();
    }

    /** The events of one watch, read as they come. */
    private final class Watch implements AutoCloseable {
        private final HttpResponse<InputStream> response;
        private final BufferedReader lines;

        Watch(String query, String accept) throws IOException, InterruptedException {
            response = api.http.send(
                    api.request(MAPS + "?watch=true" + query)
                            .header("Accept", accept)
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        }

        JsonNode next() throws IOException {
            String line = lines.readLine();
            assertThat(line).as("an event").isNotNull();
            return Json.read(line.getBytes(StandardCharsets.UTF_8), false);
        }

        void expect(String type, String name) throws IOException {
            JsonNode event = next();
            assertThat(event.path("type").asText() + " "
                            + event.at("/object/metadata/name").asText())
                    .isEqualTo(type + " " + name);
        }

        boolean ended() throws IOException {
            return lines.readLine() == null;
        }

        @Override
        public void close() throws IOException {
            lines.close();
        }
    }

    private Watch watch(String query) throws IOException, InterruptedException {
        return new Watch(query, "application/json");
    }

    private String create(String name, String label) {
        return api.post(MAPS, """
                        {"metadata":{"name":"%s","labels":{"l":"%s"}}}""".formatted(name, label))
                .json()
                .at("/metadata/resourceVersion")
                .asText();
    }

    @Test
    void beginsWithWhatIsThereOrAfterARevision() throws Exception {
        create("one", "x");
        try (Watch all = watch("")) {
            all.expect("ADDED", "one");
            create("two", "x");
            all.expect("ADDED", "two");
        }
        String revision = api.get(MAPS).json().at("/metadata/resourceVersion").asText();
        try (Watch later = watch("&resourceVersion=" + revision)) {
            api.patch(MAPS + "/one", "merge-patch+json", "{\"data\":{\"a\":\"b\"}}");
            api.delete(MAPS + "/one", "");
            later.expect("MODIFIED", "one");
            later.expect("DELETED", "one");
        }
    }

    @Test
    void followsObjectsInAndOutOfASelector() throws Exception {
        create("one", "x");
        try (Watch selected = watch("&labelSelector=l%3Dx&resourceVersion=0")) {
            selected.expect("ADDED", "one");
            create("other", "y");
            api.patch(MAPS + "/one", "merge-patch+json", "{\"metadata\":{\"labels\":{\"l\":\"y\"}}}");
            selected.expect("DELETED", "one");
            api.patch(MAPS + "/other", "merge-patch+json", "{\"metadata\":{\"labels\":{\"l\":\"x\"}}}");
            selected.expect("ADDED", "other");
            api.delete(MAPS + "/other", "");
            selected.expect("DELETED", "other");
        }
    }

    @Test
    void marksTheEndOfInitialEvents() throws Exception {
        create("one", "x");
        try (Watch initial = watch(
                "&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=0")) {
            initial.expect("ADDED", "one");
            JsonNode bookmark = initial.next();
            assertThat(bookmark.path("type").asText()).isEqualTo("BOOKMARK");
            assertThat(bookmark.at("/object/metadata/annotations/k8s.io~1initial-events-end")
                            .asText())
                    .isEqualTo("true");
            assertThat(bookmark.at("/object/metadata/resourceVersion").asLong()).isPositive();
        }
    }

    @Test
    void endsAtItsTimeoutAndWithItsKind() throws Exception {
        try (Watch timed = watch("&timeoutSeconds=1")) {
            assertThat(timed.ended()).isTrue();
        }
        try (Watch removed = watch("&timeoutSeconds=20")) {
            api.engine.kinds().remove("", "configmaps");
            assertThat(removed.ended()).isTrue();
        }
        assertThat(api.get(MAPS).status()).isEqualTo(404);
    }

    @Test
    void tellsThatARevisionIsTooOld() throws Exception {
        String first = create("one", "x");
        for (int i = 0; i < 100; i++) {
            api.patch(MAPS + "/one", "merge-patch+json", "{\"data\":{\"i\":\"%d\"}}".formatted(i));
        }
        assertThat(api.get(MAPS + "?watch=true&resourceVersion=" + first).status())
                .isEqualTo(410);
        try (Watch lost = watch("")) {
            lost.expect("ADDED", "one");
            api.store.loseEvents();
            JsonNode error = lost.next();
            assertThat(error.path("type").asText()).isEqualTo("ERROR");
            assertThat(error.at("/object/code").asInt()).isEqualTo(410);
            assertThat(lost.ended()).isTrue();
        }
    }

    @Test
    void tellsColumnsOfATableOnce() throws Exception {
        create("one", "x");
        try (Watch table = new Watch("", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")) {
            JsonNode first = table.next();
            assertThat(first.at("/object/kind").asText()).isEqualTo("Table");
            assertThat(first.at("/object/columnDefinitions/0/name").asText()).isEqualTo("Name");
            assertThat(first.at("/object/rows/0/cells/0").asText()).isEqualTo("one");
            create("two", "x");
            JsonNode second = table.next();
            assertThat(second.at("/object/columnDefinitions").isNull()).isTrue();
            assertThat(second.at("/object/rows/0/object/kind").asText()).isEqualTo("PartialObjectMetadata");
        }
    }

    @Test
    void aWatcherThatLeavesLeavesNothingBehind() throws Exception {
        create("one", "x");
        try (Watch leaving = watch("")) {
            leaving.expect("ADDED", "one");
            Awaitility.await().until(() -> api.store.subscriptionCount() == 1);
        }
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> api.store.subscriptionCount() == 0);
    }

    @Test
    void speaksWebSocketToThoseWhoAsk() throws Exception {
        create("one", "x");
        BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        try (HttpClient client = ApiFixture.client(api.administrator)) {
            WebSocket socket = client.newWebSocketBuilder()
                    .buildAsync(
                            java.net.URI.create(
                                    api.uri(MAPS + "?watch=true").toString().replace("https", "wss")),
                            new WebSocket.Listener() {
                                @Override
                                public @Nullable CompletionStage<?> onText(
                                        WebSocket webSocket, CharSequence data, boolean last) {
                                    messages.add(data.toString());
                                    webSocket.request(1);
                                    return null;
                                }
                            })
                    .get(20, TimeUnit.SECONDS);
            assertThat(messages.poll(20, TimeUnit.SECONDS))
                    .contains("\"ADDED\"")
                    .contains("\"one\"");
            create("two", "x");
            assertThat(messages.poll(20, TimeUnit.SECONDS)).contains("\"two\"");
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(20, TimeUnit.SECONDS);
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> api.store.subscriptionCount() == 0);
        }
    }
}
