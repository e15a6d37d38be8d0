package dev.gantry.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.api.ApiFixture.Answer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Addresses and node ports of services, and the data kinds. */
final class ServicesTest {
    private static final String SERVICES = "/api/v1/namespaces/default/services";

    private final ApiFixture api = new ApiFixture();

    @AfterEach
    void stop() {
        api.close();
    }

    private static String service(String name, String spec) {
        return "{\"metadata\":{\"name\":\"%s\"},\"spec\":{\"ports\":[{\"port\":80}]%s}}".formatted(name, spec);
    }

    @Test
    void affinityHasKubernetesDefaultsAndWarnsOfATimeoutThatHasNoEffect() {
        String timeout = "/spec/sessionAffinityConfig/clientIP/timeoutSeconds";
        Answer sticky = api.post(SERVICES, service("sticky", ",\"sessionAffinity\":\"ClientIP\""));
        assertThat(sticky.json().at(timeout).asInt()).isEqualTo(10_800);
        assertThat(sticky.warnings()).isEmpty();

        Answer brief = api.post(SERVICES, service("short", affinity(60)));
        assertThat(brief.json().at(timeout).asInt()).isEqualTo(60);
        assertThat(brief.warnings()).singleElement().asString().contains("timeoutSeconds", "no effect");

        Answer refused = api.post(SERVICES, service("long", affinity(86_401)));
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().at("/details/causes/0/field").asText())
                .isEqualTo("spec.sessionAffinityConfig.clientIP.timeoutSeconds");

        JsonNode ended = api.patch(
                        SERVICES + "/sticky", "merge-patch+json", "{\"spec\":{\"sessionAffinity\":\"None\"}}")
                .json();
        assertThat(ended.path("spec").has("sessionAffinityConfig")).isFalse();
    }

    private static String affinity(int seconds) {
        return ",\"sessionAffinity\":\"ClientIP\",\"sessionAffinityConfig\":{\"clientIP\":{\"timeoutSeconds\":%d}}"
                .formatted(seconds);
    }

    @Test
    void allocatesKeepsAndReleases() {
        JsonNode created =
                api.post(SERVICES, service("web", ",\"type\":\"NodePort\"")).json();
        String address = created.at("/spec/clusterIP").asText();
        int nodePort = created.at("/spec/ports/0/nodePort").asInt();
        assertThat(address).startsWith("10.96.");
        assertThat(nodePort).isBetween(30_000, 32_767);
        assertThat(created.at("/spec/ports/0/targetPort").asInt()).isEqualTo(80);

        ObjectNode manifest = (ObjectNode) created.deepCopy();
        manifest.withObject("metadata").remove("resourceVersion");
        manifest.withObject("spec").remove(List.of("clusterIP", "clusterIPs"));
        ((ObjectNode) manifest.at("/spec/ports/0")).remove("nodePort");
        JsonNode replaced = api.put(SERVICES + "/web", manifest).json();
        assertThat(replaced.at("/spec/clusterIP").asText()).isEqualTo(address);
        assertThat(replaced.at("/spec/ports/0/nodePort").asInt()).isEqualTo(nodePort);

        Answer taken = api.post(SERVICES, service("two", ",\"clusterIP\":\"%s\"".formatted(address)));
        assertThat(taken.status()).isEqualTo(422);
        assertThat(taken.json().path("message").asText()).contains("already allocated");
        assertThat(api.post(SERVICES, service("out", ",\"clusterIP\":\"192.168.0.1\""))
                        .status())
                .isEqualTo(422);
        assertThat(api.patch(SERVICES + "/web", "merge-patch+json", "{\"spec\":{\"clusterIP\":\"10.96.9.9\"}}")
                        .status())
                .isEqualTo(422);

        api.patch(SERVICES + "/web", "merge-patch+json", "{\"spec\":{\"type\":\"ClusterIP\"}}");
        api.post(SERVICES, """
                {"metadata":{"name":"port"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":%d}]}}""".formatted(nodePort));
        assertThat(api.get(SERVICES + "/port").status())
                .as("the released port can be had")
                .isEqualTo(200);
        api.delete(SERVICES + "/web", "");
        assertThat(api.post(SERVICES, service("two", ",\"clusterIP\":\"%s\"".formatted(address)))
                        .status())
                .isEqualTo(201);
        assertThat(api.post(SERVICES, service("headless", ",\"clusterIP\":\"None\""))
                        .json()
                        .at("/spec/clusterIP")
                        .asText())
                .isEqualTo("None");
    }

    @Test
    void neverGivesOneAddressTwice() throws Exception {
        List<Callable<String>> tasks = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String body = service("s-" + i, ",\"type\":\"NodePort\"");
            tasks.add(() -> {
                JsonNode created = api.post(SERVICES, body).json();
                return created.at("/spec/clusterIP").asText() + " "
                        + created.at("/spec/ports/0/nodePort").asText();
            });
        }
        Set<String> addresses = new HashSet<>();
        Set<String> ports = new HashSet<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<String> answer : threads.invokeAll(tasks)) {
                addresses.add(answer.get().split(" ")[0]);
                ports.add(answer.get().split(" ")[1]);
            }
        }
        assertThat(addresses).hasSize(40);
        assertThat(ports).hasSize(40);
    }

    @Test
    void encodesWhatSecretsAreToldInPlain() {
        JsonNode secret = api.post(
                        "/api/v1/namespaces/default/secrets",
                        "{\"metadata\":{\"name\":\"s\"},\"stringData\":{\"k\":\"v\"}}")
                .json();
        assertThat(secret.at("/data/k").asText()).isEqualTo("dg==");
        assertThat(secret.has("stringData")).isFalse();
        assertThat(secret.path("type").asText()).isEqualTo("Opaque");
        Answer bad = api.post(
                "/api/v1/namespaces/default/secrets",
                "{\"metadata\":{\"name\":\"t\"},\"data\":{\"k\":\"plain text\"}}");
        assertThat(bad.status()).isEqualTo(422);
        assertThat(bad.text()).contains("stringData").doesNotContain("plain text\\\"");
    }

    @Test
    void keepsSelectorsAndPods() {
        String deployments = "/apis/apps/v1/namespaces/default/deployments";
        Answer mismatch = api.post(
                deployments,
                ObjectsTest.DEPLOYMENT.replace("\"labels\":{\"app\":\"web\"}", "\"labels\":{\"app\":\"other\"}"));
        assertThat(mismatch.status()).isEqualTo(422);
        assertThat(mismatch.json().path("message").asText()).contains("`selector` does not match template `labels`");
        api.post(deployments, ObjectsTest.DEPLOYMENT);
        assertThat(api.patch(
                                deployments + "/web",
                                "merge-patch+json",
                                "{\"spec\":{\"selector\":{\"matchLabels\":{\"b\":\"c\"}}}}")
                        .status())
                .isEqualTo(422);
        String pods = "/api/v1/namespaces/default/pods";
        api.post(
                pods, "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]}}");
        assertThat(api.patch(
                                pods + "/p",
                                "strategic-merge-patch+json",
                                "{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:2\"}]}}")
                        .status())
                .isEqualTo(200);
        assertThat(api.patch(pods + "/p", "merge-patch+json", "{\"spec\":{\"hostNetwork\":true}}")
                        .status())
                .isEqualTo(422);
    }
}
