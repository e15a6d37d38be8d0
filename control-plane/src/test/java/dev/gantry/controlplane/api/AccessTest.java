package dev.gantry.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.api.ApiFixture.Answer;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Who gets in, and to what. */
final class AccessTest {
    private static final ApiFixture API = new ApiFixture();

    @AfterAll
    static void stop() {
        API.close();
    }

    @Test
    void nobodyGetsInUnknown() {
        try (HttpClient nobody = ApiFixture.client(API.identity.anonymous())) {
            for (String path :
                    List.of("/api", "/api/v1/namespaces", "/openapi/v2", "/apis/gantry.dev/v1/images", "/nothing")) {
                Answer refused = API.send(nobody, API.request(path));
                assertThat(refused.status()).as(path).isEqualTo(401);
                assertThat(refused.json().path("kind").asText()).isEqualTo("Status");
            }
            HttpRequest.Builder write = API.request("/api/v1/namespaces")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"metadata\":{\"name\":\"x\"}}"));
            assertThat(API.send(nobody, write).status()).isEqualTo(401);
            assertThat(API.send(nobody, API.request("/api").header("Authorization", "Bearer wrong"))
                            .status())
                    .isEqualTo(401);
            for (String path : List.of("/healthz", "/livez", "/readyz", "/version")) {
                assertThat(API.send(nobody, API.request(path)).status())
                        .as(path)
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void aTokenIsAsGoodAsACertificate() {
        try (HttpClient bare = ApiFixture.client(API.identity.anonymous())) {
            HttpRequest.Builder request =
                    API.request("/api/v1/namespaces").header("Authorization", "Bearer " + ApiFixture.TOKEN);
            assertThat(API.send(bare, request).status()).isEqualTo(200);
        }
    }

    @Test
    void aStolenNodeCertificateReadsAndWritesNothing() {
        API.post("/api/v1/namespaces/default/secrets", "{\"metadata\":{\"name\":\"s\"},\"stringData\":{\"k\":\"v\"}}");
        try (HttpClient node = ApiFixture.client(API.identity.client("system:node:a1", "system:nodes"))) {
            for (String path : List.of(
                    "/api/v1/namespaces/default/secrets/s",
                    "/api/v1/secrets",
                    "/api/v1/pods?watch=true",
                    "/api/v1/nodes/a1",
                    "/api/v1/namespaces/default/pods/p/log",
                    "/apis/gantry.dev/v1/images")) {
                assertThat(API.send(node, API.request(path)).status()).as(path).isEqualTo(403);
            }
            HttpRequest.Builder write =
                    API.request("/api/v1/namespaces/default/pods").POST(HttpRequest.BodyPublishers.ofString("{}"));
            assertThat(API.send(node, write).status()).isEqualTo(403);
            HttpRequest.Builder build =
                    API.request("/apis/gantry.dev/v1/builds?name=web:1").POST(HttpRequest.BodyPublishers.ofString(""));
            assertThat(API.send(node, build).status()).isEqualTo(403);
        }
    }

    @Test
    void aClientOfAnotherAuthorityDoesNotGetThroughTheHandshake() {
        var stranger = new dev.gantry.controlplane.http.TestIdentity().client("alice", "gantry:administrators");
        try (HttpClient client = ApiFixture.client(stranger)) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> API.send(client, API.request("/api")))
                    .isInstanceOf(java.io.UncheckedIOException.class);
        }
    }

    @Test
    void saysWhatOneMayDo() {
        Answer review = API.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", """
                {"spec":{"resourceAttributes":{"verb":"create","resource":"pods","namespace":"default"}}}""");
        assertThat(review.json().at("/status/allowed").asBoolean()).isTrue();
        assertThat(API.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "{\"spec\":{}}")
                        .status())
                .isEqualTo(400);
        String rules = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
        JsonNode all =
                API.post(rules, "{\"spec\":{\"namespace\":\"default\"}}").json().path("status");
        assertThat(all.path("resourceRules").toString())
                .isEqualTo("[{\"verbs\":[\"*\"],\"apiGroups\":[\"*\"],\"resources\":[\"*\"]}]");
        assertThat(API.post(rules, "{}").json().path("message").asText()).contains("spec.namespace");
        try (HttpClient node = ApiFixture.client(API.identity.client("system:node:a1", "system:nodes"))) {
            JsonNode few = API.send(
                            node,
                            API.request(rules)
                                    .POST(HttpRequest.BodyPublishers.ofString(
                                            "{\"spec\":{\"namespace\":\"default\"}}")))
                    .json()
                    .path("status");
            assertThat(few.path("resourceRules").findValuesAsText("resources").size())
                    .isEqualTo(1);
            assertThat(few.path("resourceRules").toString())
                    .contains("selfsubjectreviews")
                    .doesNotContain("pods");
            assertThat(few.path("nonResourceRules").toString())
                    .contains("/openapi/*")
                    .doesNotContain("\"*\"");
        }
    }

    @Test
    void saysWhoOneIs() {
        JsonNode review = API.post(
                        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                        "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}")
                .json();
        assertThat(review.at("/status/userInfo/username").asText()).isEqualTo("alice");
        assertThat(review.at("/status/userInfo/groups/0").asText()).isEqualTo("gantry:administrators");
    }

    @Test
    void boundsHeaders() {
        HttpRequest.Builder huge = API.request("/api").header("x-big", "x".repeat(300_000));
        int status;
        try {
            status = API.send(huge).status();
        } catch (java.io.UncheckedIOException e) {
            status = 431;
        }
        assertThat(status).isIn(400, 431);
        assertThat(API.get("/api").status()).isEqualTo(200);
        String command = "/api/v1/namespaces/default/pods/p/exec?command=" + "x".repeat(20_000);
        assertThat(API.get(command).status())
                .as("a long exec is not too long a line")
                .isEqualTo(404);
    }
}
