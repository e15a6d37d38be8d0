package dev.gantry.e2e.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.TestHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** One host; that an image comes to it from the registry is seen after its own store was lost. */
@Tag("root")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RegistryScenarioTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String REGISTRY = "127.0.0.1:6443";

    private static TestHost host;

    @BeforeAll
    static void up() {
        host = TestHost.create("registry");
        host.gantry("up").ok();
        BusyboxImage.bringTo(host);
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.gantry("down").ok();
            host.close();
        }
    }

    @Test
    @Order(1)
    void whatWasBuiltLiesInTheRegistryBeforeItHasAName() {
        String digest = digest(BusyboxImage.NAME);
        assertThat(host.state().resolve("control-plane/registry/manifests").resolve(digest.substring(7)))
                .exists();
    }

    @Test
    @Order(2)
    void aHostThatHoldsNothingPulls() throws Exception {
        host.gantry("down").ok();
        host.inside("rm", "-rf", host.state().resolve("agent/images").toString())
                .ok();
        assertThat(Files.exists(host.state().resolve("agent")))
                .as("that is where they lie")
                .isTrue();
        host.gantry("up").ok();

        host.apply(Manifests.pod("pulled", "sleep 1000", ""));

        awaitRunning("pulled");
        assertThat(events("pulled"))
                .anyMatch(message -> message.equals("Pulling image \"%s\"".formatted(BusyboxImage.NAME)))
                .anyMatch(message ->
                        message.startsWith("Successfully pulled image \"%s\" in ".formatted(BusyboxImage.NAME)));
        assertThat(host.api("/api/v1/namespaces/default/pods/pulled")
                        .at("/status/containerStatuses/0/imageID")
                        .asText())
                .isEqualTo(digest(BusyboxImage.NAME));
        await("the image is known to be here again")
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() ->
                        image(BusyboxImage.NAME).at("/status/nodes/0").asText().equals(host.nodeName()));
    }

    @Test
    @Order(3)
    void anotherProjectsClientPullsPushesAndDeletes() {
        Path certificates = certificates();
        Path folder = host.folder().resolve("copied");
        String own = "docker://" + REGISTRY + "/" + BusyboxImage.NAME;
        skopeo("copy", "--src-cert-dir", certificates.toString(), own, "dir:" + folder);
        skopeo(
                "copy",
                "--dest-cert-dir",
                certificates.toString(),
                "dir:" + folder,
                "docker://" + REGISTRY + "/team/copy:2");
        assertThat(skopeo("list-tags", "--cert-dir", certificates.toString(), "docker://" + REGISTRY + "/team/copy"))
                .contains("\"2\"");
        assertThat(digest("team/copy:2")).isEqualTo(digest(BusyboxImage.NAME));

        host.apply(Manifests.pod("pushed", "sleep 1000", "").replace(BusyboxImage.NAME, "team/copy:2"));
        awaitRunning("pushed");

        skopeo("delete", "--cert-dir", certificates.toString(), "docker://" + REGISTRY + "/team/copy:2");
        assertThat(host.api("/apis/gantry.dev/v1/images").path("items"))
                .noneMatch(image -> image.at("/spec/name").asText().equals("team/copy:2"));
        assertThat(digest(BusyboxImage.NAME)).isNotEmpty();
    }

    private static String skopeo(String... arguments) {
        List<String> command = new ArrayList<>(List.of("skopeo", "--insecure-policy"));
        command.addAll(List.of(arguments));
        return host.inside(command.toArray(String[]::new)).ok().stdout();
    }

    /** As containers' tools want them: an authority, a certificate and its key in one folder. */
    private static Path certificates() {
        Path folder = host.folder().resolve("certificates");
        host.inside("sh", "-c", """
                        mkdir -p %1$s
                        take() { sed -n "s/^ *$1: *//p" %2$s | base64 -d > %1$s/$2; }
                        take certificate-authority-data ca.crt
                        take client-certificate-data client.cert
                        take client-key-data client.key
                        """.formatted(folder, host.kubeconfig())).ok();
        return folder;
    }

    private static JsonNode image(String name) {
        for (JsonNode image : host.api("/apis/gantry.dev/v1/images").path("items")) {
            if (image.at("/spec/name").asText().equals(name)) {
                return image;
            }
        }
        throw new AssertionError("the cluster knows no image " + name);
    }

    private static String digest(String name) {
        return image(name).at("/status/digest").asText();
    }

    private static List<String> events(String pod) {
        List<String> messages = new ArrayList<>();
        for (JsonNode event : host.api("/api/v1/namespaces/default/events").path("items")) {
            if (event.at("/involvedObject/name").asText().equals(pod)) {
                messages.add(event.path("message").asText());
            }
        }
        return messages;
    }

    private static void awaitRunning(String pod) {
        await(pod + " runs")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptions()
                .until(() -> host.api("/api/v1/namespaces/default/pods/" + pod)
                        .at("/status/phase")
                        .asText()
                        .equals("Running"));
    }
}
