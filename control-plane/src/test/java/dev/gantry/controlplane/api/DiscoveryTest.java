package dev.gantry.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.api.ApiFixture.Answer;
import dev.gantry.controlplane.resource.ResourceKind;
import dev.gantry.controlplane.resource.ServedVersion;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What clients learn about the server, tables, and kinds that come and go. */
final class DiscoveryTest {
    private static final String TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    private final ApiFixture api = new ApiFixture();

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void listsKindsWithShortNamesCategoriesAndSubresources() {
        Map<String, JsonNode> resources = new HashMap<>();
        api.get("/api/v1")
                .json()
                .path("resources")
                .forEach(each -> resources.put(each.path("name").asText(), each));
        assertThat(resources)
                .containsKeys(
                        "pods",
                        "pods/log",
                        "pods/exec",
                        "pods/eviction",
                        "pods/status",
                        "namespaces",
                        "events",
                        "secrets");
        assertThat(resource(resources, "pods").at("/shortNames/0").asText()).isEqualTo("po");
        assertThat(resource(resources, "pods").at("/categories/0").asText()).isEqualTo("all");
        assertThat(resource(resources, "pods/eviction").path("group").asText()).isEqualTo("policy");
        assertThat(resource(resources, "nodes").path("namespaced").asBoolean()).isFalse();
        assertThat(api.get("/apis").text()).contains("apps", "gantry.dev", "discovery.k8s.io", "events.k8s.io");
        assertThat(api.get("/apis/apps/v1").text()).contains("deployments/scale");
        assertThat(api.get("/apis/nothing/v1").status()).isEqualTo(404);
    }

    private static JsonNode resource(Map<String, JsonNode> resources, String name) {
        return java.util.Objects.requireNonNull(resources.get(name), name);
    }

    @Test
    void tellsTheVersionOfTheApi() {
        assertThat(api.get("/version").json().path("minor").asText()).isEqualTo("35");
    }

    @Test
    void printsPodsAsKubectlsUsersKnowThem() {
        String pods = "/api/v1/namespaces/default/pods";
        api.post(
                pods, "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]}}");
        api.patch(pods + "/p/status", "merge-patch+json", """
                {"status":{"phase":"Running","podIP":"10.244.0.2","containerStatuses":[{"name":"c","ready":false,"restartCount":4,
                 "state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}""");
        JsonNode table = api.send(api.request(pods).header("Accept", TABLE)).json();
        JsonNode cells = table.at("/rows/0/cells");
        assertThat(cells.get(0).asText()).isEqualTo("p");
        assertThat(cells.get(1).asText()).isEqualTo("0/1");
        assertThat(cells.get(2).asText()).isEqualTo("CrashLoopBackOff");
        assertThat(cells.get(3).asText()).isEqualTo("4");
        assertThat(cells.get(5).asText()).isEqualTo("10.244.0.2");
        assertThat(table.at("/columnDefinitions/5/priority").asInt()).isEqualTo(1);
        assertThat(table.at("/rows/0/object/kind").asText()).isEqualTo("PartialObjectMetadata");
        JsonNode full = api.send(api.request(pods + "/p?includeObject=Object").header("Accept", TABLE))
                .json();
        assertThat(full.at("/rows/0/object/spec/containers/0/name").asText()).isEqualTo("c");
    }

    @Test
    void everyKindHasATable() {
        api.engine.kinds().all().forEach(served -> {
            String prefix = served.version().group().isEmpty() ? "/api/" : "/apis/";
            JsonNode table = api.send(api.request(prefix + served.version().apiVersion() + "/"
                                    + served.kind().plural())
                            .header("Accept", TABLE))
                    .json();
            assertThat(table.path("kind").asText()).as(served.kind().plural()).isEqualTo("Table");
            assertThat(table.path("columnDefinitions").size()).isGreaterThan(1);
        });
    }

    @Test
    void servesEventsUnderBothGroups() {
        api.post("/api/v1/namespaces/default/events", """
                {"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"p","uid":"u"},"reason":"Started","message":"hello"}""");
        JsonNode other =
                api.get("/apis/events.k8s.io/v1/namespaces/default/events/e").json();
        assertThat(other.path("apiVersion").asText()).isEqualTo("events.k8s.io/v1");
        assertThat(other.path("note").asText()).isEqualTo("hello");
        assertThat(other.at("/regarding/name").asText()).isEqualTo("p");
        assertThat(api.get("/api/v1/namespaces/default/events?fieldSelector=involvedObject.uid%3Du")
                        .json()
                        .path("items"))
                .hasSize(1);
    }

    @Test
    void kindsComeAndGoWhileServingInSeveralVersions() {
        String v1 = "/apis/example.com/v1/namespaces/default/widgets";
        String v2 = "/apis/example.com/v2/namespaces/default/widgets";
        assertThat(api.get(v1).status()).isEqualTo(404);
        api.engine
                .kinds()
                .add(ResourceKind.builder("example.com", "widgets", "Widget")
                        .versions(
                                ServedVersion.stored("example.com", "v2", null),
                                new ServedVersion(
                                        "example.com",
                                        "v1",
                                        null,
                                        rename("colour", "color"),
                                        rename("color", "colour")))
                        .shortNames("wd")
                        .build());
        Answer created = api.post(v1, """
                {"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"colour":"red"}}""");
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.json().at("/spec/colour").asText()).isEqualTo("red");
        JsonNode newer = api.get(v2 + "/w").json();
        assertThat(newer.path("apiVersion").asText()).isEqualTo("example.com/v2");
        assertThat(newer.at("/spec/color").asText()).isEqualTo("red");
        api.patch(v1 + "/w", "merge-patch+json", "{\"spec\":{\"colour\":\"blue\"}}");
        assertThat(api.get(v2 + "/w").json().at("/spec/color").asText()).isEqualTo("blue");
        assertThat(api.get("/apis/example.com")
                        .json()
                        .at("/preferredVersion/version")
                        .asText())
                .isEqualTo("v2");
        api.engine.kinds().remove("example.com", "widgets");
        assertThat(api.get(v2 + "/w").status()).isEqualTo(404);
        assertThat(api.get("/apis").text()).doesNotContain("example.com");
    }

    private static UnaryOperator<ObjectNode> rename(String from, String to) {
        return tree -> {
            if (tree.get("spec") instanceof ObjectNode spec && spec.has(from)) {
                spec.set(to, spec.remove(from));
            }
            return tree;
        };
    }
}
