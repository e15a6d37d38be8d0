package dev.gantry.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.api.ApiFixture.Answer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Server-side apply and the fields that it goes by, as clients see them. */
final class ServerSideApplyTest {
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";
    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

    private final ApiFixture api = new ApiFixture();

    @AfterEach
    void stop() {
        api.close();
    }

    private Answer apply(String path, String manager, String yaml) {
        String separator = path.contains("?") ? "&" : "?";
        return api.with("PATCH", path + separator + "fieldManager=" + manager, "application/apply-patch+yaml", yaml);
    }

    private static String map(String data) {
        return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: %s\n".formatted(data);
    }

    private static String deployment(String spec) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                %s  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}}
                    spec:
                      containers:
                      - {name: main, image: "i:1"}
                """.formatted(spec);
    }

    @Test
    void createsThenChangesAndRemovesWhatItNoLongerSays() {
        Answer created = apply(MAPS + "/m", "one", map("{a: '1', b: '1'}"));
        assertThat(created.status()).as(created.text()).isEqualTo(201);
        assertThat(created.json().at("/metadata/managedFields").toString())
                .matches("\\[\\{\"manager\":\"one\",\"operation\":\"Apply\",\"apiVersion\":\"v1\",\"time\":\"[^\"]+\","
                        + "\"fieldsType\":\"FieldsV1\",\"fieldsV1\":\\{\"f:data\":\\{\"f:a\":\\{},\"f:b\":\\{}}}}]");
        Answer changed = apply(MAPS + "/m", "one", map("{a: '2'}"));
        assertThat(changed.status()).isEqualTo(200);
        assertThat(changed.json().path("data").toString()).isEqualTo("{\"a\":\"2\"}");
        String version = changed.json().at("/metadata/resourceVersion").asText();
        assertThat(apply(MAPS + "/m", "one", map("{a: '2'}"))
                        .json()
                        .at("/metadata/resourceVersion")
                        .asText())
                .as("the same again is no write")
                .isEqualTo(version);
    }

    @Test
    void refusesToTakeWhatIsAnothersUnlessForced() {
        apply(MAPS + "/m", "one", map("{a: '1', b: '1', c: '1'}"));
        Answer conflict = apply(MAPS + "/m", "two", map("{a: '2', b: '2', c: '1'}"));
        assertThat(conflict.status()).isEqualTo(409);
        assertThat(conflict.json().path("message").asText())
                .isEqualTo("Apply failed with 2 conflicts: conflicts with \"one\" using v1:\n- .data.a\n- .data.b");
        assertThat(conflict.json().at("/details/causes/0").toString())
                .isEqualTo(
                        "{\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with \\\"one\\\" using v1\",\"field\":\".data.a\"}");
        Answer forced = apply(MAPS + "/m?force=true", "two", map("{a: '2', b: '2', c: '1'}"));
        assertThat(forced.status()).isEqualTo(200);
        assertThat(owned(forced.json(), "one")).isEqualTo("{\"f:data\":{\"f:c\":{}}}");

        Answer less = apply(MAPS + "/m", "two", map("{a: '2'}"));
        assertThat(less.json().path("data").toString())
                .as("b was two's alone, c is still one's")
                .isEqualTo("{\"a\":\"2\",\"c\":\"1\"}");
    }

    private static String owned(JsonNode object, String manager) {
        for (JsonNode entry : object.at("/metadata/managedFields")) {
            if (entry.path("manager").asText().equals(manager)) {
                return entry.path("fieldsV1").toString();
            }
        }
        return "";
    }

    @Test
    void ordinaryWritersOwnWhatTheyChange() {
        api.post(MAPS + "?fieldManager=creator", "{\"metadata\":{\"name\":\"m\"},\"data\":{\"a\":\"1\",\"b\":\"1\"}}");
        Answer patched =
                api.patch(MAPS + "/m?fieldManager=editor", "merge-patch+json", "{\"data\":{\"a\":\"2\",\"c\":\"3\"}}");
        assertThat(owned(patched.json(), "creator")).isEqualTo("{\"f:data\":{\"f:b\":{}}}");
        assertThat(owned(patched.json(), "editor")).isEqualTo("{\"f:data\":{\"f:a\":{},\"f:c\":{}}}");
        assertThat(apply(MAPS + "/m", "me", map("{a: '9'}")).status()).isEqualTo(409);

        ObjectNode read = (ObjectNode) api.get(MAPS + "/m").json();
        read.withObject("data").remove(List.of("a", "c"));
        Answer put = api.send(api.request(MAPS + "/m")
                .header("Content-Type", "application/json")
                .header("User-Agent", "tool/1.0 (linux)")
                .PUT(java.net.http.HttpRequest.BodyPublishers.ofString(read.toString())));
        assertThat(put.json().at("/metadata/managedFields").findValuesAsText("manager"))
                .containsExactly("creator");
        assertThat(api.put(
                                MAPS + "/m",
                                ((ObjectNode) put.json())
                                        .<ObjectNode>set(
                                                "data", read.path("data").deepCopy()))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void forgetsOwnersOnRequest() {
        apply(MAPS + "/m", "one", map("{a: '1'}"));
        Answer dropped = api.patch(MAPS + "/m", "merge-patch+json", "{\"metadata\":{\"managedFields\":[{}]}}");
        assertThat(dropped.json().path("metadata").has("managedFields")).isFalse();
        assertThat(apply(MAPS + "/m", "two", map("{a: '2'}")).status()).isEqualTo(200);
    }

    @Test
    void knowsListsByTheirKeys() {
        apply(DEPLOYMENTS + "/web", "one", deployment("  replicas: 0\n"));
        Answer side = apply(DEPLOYMENTS + "/web", "two", """
                        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[
                         {"name":"side","image":"i:2"},{"name":"main","env":[{"name":"A","value":"1"}]}]}}}}""");
        assertThat(side.status()).as(side.text()).isEqualTo(200);
        JsonNode containers = side.json().at("/spec/template/spec/containers");
        assertThat(containers.findValuesAsText("image")).containsExactlyInAnyOrder("i:1", "i:2");
        assertThat(owned(side.json(), "two"))
                .contains("\"f:containers\":{\"k:{\\\"name\\\":\\\"main\\\"}\":{\".\":{},\"f:env\":");

        api.patch(DEPLOYMENTS + "/web/scale?fieldManager=scaler", "merge-patch+json", "{\"spec\":{\"replicas\":3}}");
        Answer conflict = apply(DEPLOYMENTS + "/web", "one", deployment("  replicas: 1\n"));
        assertThat(conflict.json().path("message").asText())
                .isEqualTo(
                        "Apply failed with 1 conflict: conflict with \"scaler\" with subresource \"scale\" using apps/v1: .spec.replicas");
        Answer silent = apply(DEPLOYMENTS + "/web", "one", deployment(""));
        assertThat(silent.status()).as(silent.text()).isEqualTo(200);
        assertThat(silent.json().at("/spec/replicas").asInt()).isEqualTo(3);
        assertThat(silent.json().at("/spec/template/spec/containers")).hasSize(2);
    }

    @Test
    void appliesTheStatusThroughItsOwnPath() {
        apply(DEPLOYMENTS + "/web", "one", deployment("  replicas: 0\n"));
        String status =
                "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"labels\":{\"x\":\"y\"}},"
                        + "\"spec\":{\"replicas\":9},\"status\":{\"collisionCount\":4}}";
        Answer applied = apply(DEPLOYMENTS + "/web/status", "watcher", status);
        assertThat(applied.json().at("/status/collisionCount").asInt()).isEqualTo(4);
        assertThat(applied.json().at("/spec/replicas").asInt()).isZero();
        assertThat(owned(applied.json(), "watcher")).isEqualTo("{\"f:status\":{\"f:collisionCount\":{}}}");
        assertThat(apply(DEPLOYMENTS + "/web", "watcher", deployment("  replicas: 0\n"))
                        .json()
                        .at("/status/collisionCount")
                        .asInt())
                .isEqualTo(4);
        assertThat(apply(DEPLOYMENTS + "/nothing/status", "watcher", status.replace("\"web\"", "\"nothing\""))
                        .status())
                .isEqualTo(404);
    }

    @Test
    void saysWhatIsWrongWithAConfiguration() {
        assertThat(api.with("PATCH", MAPS + "/m", "application/apply-patch+yaml", map("{}"))
                        .json()
                        .path("message")
                        .asText())
                .contains("fieldManager: is required");
        assertThat(apply(MAPS + "/m", "one", "data: {a: b}")
                        .json()
                        .path("message")
                        .asText())
                .contains("apiVersion");
        assertThat(apply(MAPS + "/other", "one", map("{}")).status()).isEqualTo(400);
        assertThat(apply(MAPS + "/m", "x".repeat(129), map("{}")).status()).isEqualTo(400);
        assertThat(apply(MAPS + "/m", "one", map("{a: [}")).status()).isEqualTo(400);
        Answer unknown = apply(DEPLOYMENTS + "/web?fieldValidation=Strict", "one", deployment("  replicass: 1\n"));
        assertThat(unknown.json().path("message").asText()).contains("did you mean \"replicas\"");
        String twice = deployment("").replace("- {name", "- {name: main, image: \"i:3\"}\n      - {name");
        assertThat(apply(DEPLOYMENTS + "/web", "one", twice)
                        .json()
                        .path("message")
                        .asText())
                .contains("spec.template.spec.containers[1].name", "Duplicate value: \"main\"");
        assertThat(api.get(DEPLOYMENTS + "/web").status()).isEqualTo(404);
        assertThat(apply(MAPS + "/m?dryRun=All", "one", map("{a: b}")).status()).isEqualTo(201);
        assertThat(api.get(MAPS + "/m").status()).isEqualTo(404);
    }
}
