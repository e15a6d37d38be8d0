package dev.gantry.controlplane.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.HttpRegistry;
import dev.gantry.common.registry.Manifest;
import dev.gantry.common.registry.Registry;
import dev.gantry.controlplane.http.BuiltInRoles;
import dev.gantry.controlplane.registry.RegistryFixture.Answer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The OCI distribution specification, request by request. */
final class RegistryTest {
    private static final byte[] HELLO = "hello, layer".getBytes(UTF_8);

    @TempDir
    Path directory;

    private RegistryFixture fixture;

    @BeforeEach
    void start() throws IOException {
        fixture = new RegistryFixture(directory);
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void saysThatItSpeaksTheSecondVersion() {
        for (String path : List.of("/v2/", "/v2")) {
            Answer answer = fixture.get(path);
            assertThat(answer.status()).as(path).isEqualTo(200);
            assertThat(answer.header("docker-distribution-api-version")).isEqualTo("registry/2.0");
        }
    }

    @Test
    void aBlobGoesUpInOneRequestAndComesDownWhole() {
        Digest digest = fixture.pushBlob("team/web", HELLO);
        Answer down = fixture.get("/v2/team/web/blobs/" + digest);
        assertThat(down.status()).isEqualTo(200);
        assertThat(down.body()).isEqualTo(HELLO);
        assertThat(down.header("docker-content-digest")).isEqualTo(digest.toString());
        Answer head = fixture.head("/v2/team/web/blobs/" + digest);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("content-length")).isEqualTo(Integer.toString(HELLO.length));
        assertThat(head.body()).isEmpty();
    }

    @Test
    void aBlobGoesUpAfterAFirstRequestAndInChunks() {
        Answer begun = fixture.post("/v2/web/blobs/uploads/", new byte[0]);
        assertThat(begun.status()).isEqualTo(202);
        String location = begun.header("location");
        assertThat(location).startsWith("/v2/web/blobs/uploads/");
        Answer first = fixture.patch(location, "0-4", Arrays.copyOf(HELLO, 5));
        assertThat(first.status()).isEqualTo(202);
        assertThat(first.header("range")).isEqualTo("0-4");
        Answer status = fixture.get(location);
        assertThat(status.status()).isEqualTo(204);
        assertThat(status.header("range")).isEqualTo("0-4");
        Answer wrong = fixture.patch(location, "7-11", Arrays.copyOfRange(HELLO, 7, 12));
        assertThat(wrong.status()).as("a gap").isEqualTo(416);
        Answer last = fixture.put(location + "?digest=" + Digest.of(HELLO), Arrays.copyOfRange(HELLO, 5, HELLO.length));
        assertThat(last.status()).isEqualTo(201);
        assertThat(fixture.get(last.header("location")).body()).isEqualTo(HELLO);
        assertThat(fixture.get(location).status()).as("it has ended").isEqualTo(404);
    }

    @Test
    void partsOfABlobAreGiven() {
        byte[] content = random(100_000);
        String path = "/v2/web/blobs/" + fixture.pushBlob("web", content);
        for (int[] range : new int[][] {{0, 0}, {0, 99_999}, {70_000, 99_999}, {1, 65_536}}) {
            Answer part = fixture.send(
                    fixture.administrator,
                    fixture.request(path).header("Range", "bytes=%d-%d".formatted(range[0], range[1])));
            assertThat(part.status()).isEqualTo(206);
            assertThat(part.header("content-range")).isEqualTo("bytes %d-%d/100000".formatted(range[0], range[1]));
            assertThat(part.body()).isEqualTo(Arrays.copyOfRange(content, range[0], range[1] + 1));
        }
        Answer rest = fixture.send(fixture.administrator, fixture.request(path).header("Range", "bytes=99990-"));
        assertThat(rest.body()).isEqualTo(Arrays.copyOfRange(content, 99_990, 100_000));
        Answer end = fixture.send(fixture.administrator, fixture.request(path).header("Range", "bytes=-10"));
        assertThat(end.body()).isEqualTo(Arrays.copyOfRange(content, 99_990, 100_000));
        Answer beyond =
                fixture.send(fixture.administrator, fixture.request(path).header("Range", "bytes=100000-"));
        assertThat(beyond.status()).isEqualTo(416);
    }

    @Test
    void aManifestIsFoundByTagAndByDigest() {
        Digest digest = fixture.pushImage("web", "1", HELLO).orElseThrow();
        for (String reference : List.of("1", digest.toString())) {
            Answer answer = fixture.get("/v2/web/manifests/" + reference);
            assertThat(answer.status()).as(reference).isEqualTo(200);
            assertThat(answer.header("content-type")).isEqualTo(Manifest.OCI_MANIFEST);
            assertThat(Digest.of(answer.body())).isEqualTo(digest);
            Answer head = fixture.head("/v2/web/manifests/" + reference);
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("docker-content-digest")).isEqualTo(digest.toString());
            assertThat(head.header("content-length")).isEqualTo(Integer.toString(answer.body().length));
        }
        assertThat(fixture.get("/v2/web/manifests/2").code()).isEqualTo("MANIFEST_UNKNOWN");
        assertThat(fixture.head("/v2/web/manifests/2").status()).isEqualTo(404);
    }

    @Test
    void tagsComeInPages() {
        for (String tag : List.of("b", "a", "c")) {
            fixture.pushImage("web", tag, tag.getBytes(UTF_8));
        }
        assertThat(fixture.get("/v2/web/tags/list").json().path("tags").toString())
                .isEqualTo("[\"a\",\"b\",\"c\"]");
        Answer page = fixture.get("/v2/web/tags/list?n=2");
        assertThat(page.json().path("tags").toString()).isEqualTo("[\"a\",\"b\"]");
        assertThat(page.header("link")).isEqualTo("</v2/web/tags/list?n=2&last=b>; rel=\"next\"");
        assertThat(fixture.get("/v2/web/tags/list?n=2&last=b")
                        .json()
                        .path("tags")
                        .toString())
                .isEqualTo("[\"c\"]");
        assertThat(fixture.get("/v2/other/tags/list").code()).isEqualTo("NAME_UNKNOWN");
    }

    @Test
    void anotherRepositorysBlobIsMounted() {
        Digest digest = fixture.pushBlob("one", HELLO);
        Answer mounted = fixture.post("/v2/two/blobs/uploads/?mount=%s&from=one".formatted(digest), new byte[0]);
        assertThat(mounted.status()).isEqualTo(201);
        assertThat(fixture.get("/v2/two/blobs/" + digest).body()).isEqualTo(HELLO);
        Answer missing =
                fixture.post("/v2/two/blobs/uploads/?mount=%s&from=one".formatted(Digest.of("other")), new byte[0]);
        assertThat(missing.status()).as("then it is to be uploaded").isEqualTo(202);
    }

    @Test
    void tagsAndManifestsAreDeleted() {
        Digest digest = fixture.pushImage("web", "1", HELLO).orElseThrow();
        assertThat(fixture.delete("/v2/web/manifests/1").status()).isEqualTo(202);
        assertThat(fixture.get("/v2/web/manifests/1").status()).isEqualTo(404);
        assertThat(fixture.get("/v2/web/manifests/" + digest).status()).isEqualTo(200);
        fixture.pushImage("web", "2", HELLO);
        fixture.pushImage("other", "2", HELLO);
        assertThat(fixture.delete("/v2/web/manifests/" + digest).status()).isEqualTo(202);
        assertThat(fixture.get("/v2/web/manifests/2").status()).isEqualTo(404);
        assertThat(fixture.get("/v2/other/manifests/2").status())
                .as("another repository names it")
                .isEqualTo(200);
        assertThat(fixture.delete("/v2/other/manifests/" + digest).status()).isEqualTo(202);
        assertThat(fixture.get("/v2/other/manifests/" + digest).status()).isEqualTo(404);
        assertThat(fixture.delete("/v2/other/manifests/" + digest).status()).isEqualTo(404);
        assertThat(fixture.delete("/v2/web/blobs/" + Digest.of(HELLO)).code())
                .as("blobs are collected")
                .isEqualTo("UNSUPPORTED");
    }

    @Test
    void aManifestNeedsWhatItNames() {
        byte[] config = "{}".getBytes(UTF_8);
        fixture.pushBlob("web", config);
        Answer refused = fixture.putManifest("web", "1", RegistryFixture.manifest(config, HELLO));
        assertThat(refused.status()).isEqualTo(404);
        assertThat(refused.code()).isEqualTo("MANIFEST_BLOB_UNKNOWN");
        fixture.pushBlob("web", HELLO);
        byte[] lie = new String(RegistryFixture.manifest(config, HELLO), UTF_8)
                .replace("\"size\":" + HELLO.length, "\"size\":99")
                .getBytes(UTF_8);
        assertThat(fixture.putManifest("web", "1", lie).code()).isEqualTo("SIZE_INVALID");
    }

    @Test
    void ourOwnClientPushesAndPulls() throws IOException {
        byte[] layer = random(3_000_000);
        byte[] config = "{}".getBytes(UTF_8);
        try (HttpRegistry node = fixture.asNode("a1")) {
            assertThat(node.blobBytes("web", Digest.of(layer))).isEmpty();
            node.upload("web", Digest.of(layer), layer.length, out -> out.write(layer));
            node.upload("web", Digest.of(config), config.length, out -> out.write(config));
            assertThat(node.blobBytes("web", Digest.of(layer))).contains((long) layer.length);
            Manifest manifest = Manifest.parse(Manifest.OCI_MANIFEST, RegistryFixture.manifest(config, layer));
            node.putManifest("web", manifest.digest().toString(), manifest);
            assertThat(node.hasManifest("web", manifest.digest())).isTrue();
            assertThat(node.manifest("web", manifest.digest().toString())
                            .orElseThrow()
                            .layers()
                            .getFirst()
                            .digest())
                    .isEqualTo(Digest.of(layer));
            try (Registry.Download rest = node.download("web", Digest.of(layer), 2_000_000)) {
                assertThat(rest.offset()).isEqualTo(2_000_000);
                assertThat(rest.content().readAllBytes()).isEqualTo(Arrays.copyOfRange(layer, 2_000_000, 3_000_000));
            }
        }
    }

    @Test
    void whatIsNotHereIsFetchedFromAnotherControlPlane(@TempDir Path second) throws IOException {
        byte[] layer = random(500_000);
        Digest image = fixture.pushImage("web", "1", layer).orElseThrow();
        try (RegistryFixture replica =
                new RegistryFixture(second, fixture.identity, fixture.names, List.of(fixture.address()))) {
            assertThat(Digest.of(replica.get("/v2/web/manifests/1").body())).isEqualTo(image);
            Answer part = replica.send(
                    replica.administrator,
                    replica.request("/v2/web/blobs/" + Digest.of(layer)).header("Range", "bytes=400000-"));
            assertThat(part.status()).isEqualTo(206);
            assertThat(part.body()).isEqualTo(Arrays.copyOfRange(layer, 400_000, 500_000));
            assertThat(replica.head("/v2/web/blobs/" + Digest.of("nowhere")).status())
                    .isEqualTo(404);
            // it lies here from now on
            fixture.close();
            assertThat(replica.get("/v2/web/blobs/" + Digest.of(layer)).body()).isEqualTo(layer);
        }
    }

    @Test
    void whatNothingRefersToIsCollectedAfterAWhile() throws IOException {
        Digest kept = fixture.pushImage("web", "1", HELLO).orElseThrow();
        byte[] old = "an old layer".getBytes(UTF_8);
        Digest dropped = fixture.pushImage("web", "2", old).orElseThrow();
        fixture.delete("/v2/web/manifests/2");
        byte[] alone = "of no manifest yet".getBytes(UTF_8);
        fixture.pushBlob("web", alone);
        fixture.registry.collect();
        assertThat(fixture.head("/v2/web/blobs/" + Digest.of(old)).status())
                .as("used a moment ago")
                .isEqualTo(200);

        pass(Duration.ofMinutes(50));
        assertThat(fixture.head("/v2/web/blobs/" + Digest.of(alone)).status()).isEqualTo(200);
        pass(Duration.ofMinutes(50));
        fixture.names.known = false;
        fixture.registry.collect();
        assertThat(fixture.get("/v2/web/manifests/1").status()).isEqualTo(200);
        fixture.names.known = true;
        fixture.registry.collect();
        assertThat(fixture.head("/v2/web/manifests/" + dropped).status()).isEqualTo(404);
        assertThat(fixture.head("/v2/web/blobs/" + Digest.of(old)).status()).isEqualTo(404);
        assertThat(fixture.head("/v2/web/blobs/" + Digest.of(alone)).status())
                .as("somebody has asked for it, and may be about to push what names it")
                .isEqualTo(200);
        assertThat(fixture.head("/v2/web/manifests/" + kept).status()).isEqualTo(200);
        assertThat(fixture.head("/v2/web/blobs/" + Digest.of(HELLO)).status()).isEqualTo(200);

        pass(Duration.ofMinutes(61));
        fixture.registry.collect();
        assertThat(fixture.head("/v2/web/blobs/" + Digest.of(alone)).status()).isEqualTo(404);
    }

    @Test
    void anIdleUploadEnds() throws IOException {
        String location = fixture.post("/v2/web/blobs/uploads/", new byte[0]).header("location");
        fixture.patch(location, "0-11", HELLO);
        pass(Duration.ofMinutes(61));
        fixture.registry.collect();
        assertThat(fixture.get(location).status()).isEqualTo(404);
        assertThat(directory.resolve("uploads")).isEmptyDirectory();
    }

    @Test
    void anUploadGoesOnAfterItsClientWasCutOff() throws IOException {
        String location = fixture.post("/v2/web/blobs/uploads/", new byte[0]).header("location");
        String[] address = fixture.address().split(":", 2);
        try (Socket socket = fixture.identity
                .client("alice", BuiltInRoles.ADMINISTRATORS)
                .getSocketFactory()
                .createSocket(address[0], Integer.parseInt(address[1]))) {
            OutputStream out = socket.getOutputStream();
            out.write("PATCH %s HTTP/1.1\r\nHost: registry\r\nContent-Length: 12\r\n\r\nhello"
                    .formatted(location)
                    .getBytes(UTF_8));
            out.flush();
            await().until(() -> fixture.get(location).header("range").equals("0-4"));
        }
        byte[] rest = Arrays.copyOfRange(HELLO, 5, HELLO.length);
        await().until(() -> fixture.patch(location, "5-11", rest).status() == 202);
        assertThat(fixture.put(location + "?digest=" + Digest.of(HELLO), new byte[0])
                        .status())
                .isEqualTo(201);
    }

    @Test
    void anUploadIsCancelled() {
        String location = fixture.post("/v2/web/blobs/uploads/", new byte[0]).header("location");
        assertThat(fixture.delete(location).status()).isEqualTo(204);
        assertThat(fixture.put(location + "?digest=" + Digest.of(HELLO), HELLO).code())
                .isEqualTo("BLOB_UPLOAD_UNKNOWN");
        assertThat(directory.resolve("uploads")).isEmptyDirectory();
    }

    @Test
    void anIndexNamesManifestsThatAreThere() {
        Digest child = fixture.pushImage("web", "1", HELLO).orElseThrow();
        String index = """
                {"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s","digest":"%s","size":1,"platform":{"os":"linux","architecture":"amd64"}}]}""";
        byte[] whole = index.formatted(Manifest.OCI_INDEX, Manifest.OCI_MANIFEST, child)
                .getBytes(UTF_8);
        Answer put = fixture.send(
                fixture.administrator,
                fixture.request("/v2/web/manifests/all")
                        .header("Content-Type", Manifest.OCI_INDEX)
                        .PUT(BodyPublishers.ofByteArray(whole)));
        assertThat(put.status()).isEqualTo(201);
        assertThat(fixture.get("/v2/web/manifests/all").header("content-type")).isEqualTo(Manifest.OCI_INDEX);
        byte[] broken = index.formatted(Manifest.OCI_INDEX, Manifest.OCI_MANIFEST, Digest.of("nothing"))
                .getBytes(UTF_8);
        Answer refused = fixture.send(
                fixture.administrator,
                fixture.request("/v2/web/manifests/all")
                        .header("Content-Type", Manifest.OCI_INDEX)
                        .PUT(BodyPublishers.ofByteArray(broken)));
        assertThat(refused.code()).isEqualTo("MANIFEST_BLOB_UNKNOWN");
    }

    private void pass(Duration time) {
        fixture.now.updateAndGet(now -> now.plus(time));
    }

    private static byte[] random(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return content;
    }
}
