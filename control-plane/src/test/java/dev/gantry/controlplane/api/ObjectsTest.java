package dev.gantry.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.api.ApiFixture.Answer;
import dev.gantry.controlplane.resource.protobuf.Encoded;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Create, read, update, patch and delete over the real server. */
final class ObjectsTest {
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";
    private static final String PODS = "/api/v1/namespaces/default/pods";
    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

    static final String DEPLOYMENT = """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","creationTimestamp":null},"status":{},
             "spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},
              "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[
               {"name":"main","image":"web:1","ports":[{"containerPort":80}],"env":[{"name":"A","value":"1"}]}]}}}}""";

    private final ApiFixture api = new ApiFixture();

    @AfterEach
    void stop() {
        api.close();
    }

    private static String map(String name, String labels) {
        return """
                {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s","labels":%s},"data":{"k":"v"}}""".formatted(name, labels);
    }

    private static String pod(String name) {
        return """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{"containers":[{"name":"main","image":"web:1"}]}}""".formatted(name);
    }

    @Test
    void createsReadsAndRefusesTheSameName() {
        Answer created = api.post(MAPS, map("one", "{}"));
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.json().at("/metadata/uid").asText()).isNotEmpty();
        assertThat(created.json().at("/metadata/resourceVersion").asText()).matches("\\d+");
        assertThat(api.get(MAPS + "/one").json()).isEqualTo(created.json());
        Answer again = api.post(MAPS, map("one", "{}"));
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.json().path("reason").asText()).isEqualTo("AlreadyExists");
        assertThat(again.json().at("/details/name").asText()).isEqualTo("one");
        Answer missing = api.get(MAPS + "/two");
        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.json().path("message").asText()).isEqualTo("configmaps \"two\" not found");
    }

    @Test
    void generatesNamesAndDropsWhatTheClientMayNotSet() {
        Answer created = api.post(PODS, """
                {"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"job-","uid":"mine","generation":7},
                 "status":{"phase":"Running"},"spec":{"containers":[{"name":"c","image":"i:1"}]}}""");
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.json().at("/metadata/name").asText()).matches("job-[a-z0-9]{5}");
        assertThat(created.json().at("/metadata/uid").asText()).isNotEqualTo("mine");
        assertThat(created.json().at("/metadata/generation").asInt()).isEqualTo(1);
        assertThat(created.json().at("/status/phase").asText()).isEqualTo("Pending");
        assertThat(created.json().at("/spec/restartPolicy").asText()).isEqualTo("Always");
    }

    @Test
    void listsBySelectorsAndInPagesThatDoNotTear() {
        for (int i = 0; i < 7; i++) {
            api.post(MAPS, map("map-" + i, "{\"parity\":\"%s\"}".formatted(i % 2 == 0 ? "even" : "odd")));
        }
        assertThat(names(api.get(MAPS + "?labelSelector=parity%3Dodd").json()))
                .containsExactly("map-1", "map-3", "map-5");
        assertThat(names(
                        api.get(MAPS + "?labelSelector=parity%20in%20(even),!x").json()))
                .hasSize(4);
        assertThat(names(api.get(MAPS + "?fieldSelector=metadata.name%21%3Dmap-0")
                        .json()))
                .hasSize(6);
        assertThat(api.get(MAPS + "?fieldSelector=spec.color%3Dred").status()).isEqualTo(400);
        assertThat(api.get(MAPS + "?labelSelector=a%3D%3D%3Db%3Dc(").status()).isEqualTo(400);

        JsonNode page = api.get(MAPS + "?limit=3").json();
        List<String> seen = new ArrayList<>(names(page));
        assertThat(page.at("/metadata/remainingItemCount").asInt()).isEqualTo(4);
        String revision = page.at("/metadata/resourceVersion").asText();
        api.delete(MAPS + "/map-6", "{}");
        api.post(MAPS, map("map-3a", "{}"));
        while (page.at("/metadata/continue").isTextual()) {
            page = api.get(MAPS + "?limit=3&continue="
                            + page.at("/metadata/continue").asText())
                    .json();
            assertThat(page.at("/metadata/resourceVersion").asText()).isEqualTo(revision);
            seen.addAll(names(page));
        }
        assertThat(seen).containsExactly("map-0", "map-1", "map-2", "map-3", "map-4", "map-5", "map-6");
        assertThat(api.get(MAPS + "?continue=nonsense").status()).isEqualTo(400);
    }

    private static List<String> names(JsonNode list) {
        List<String> names = new ArrayList<>();
        list.path("items").forEach(item -> names.add(item.at("/metadata/name").asText()));
        return names;
    }

    @Test
    void comparesVersionsOnUpdate() {
        ObjectNode first = (ObjectNode) api.post(MAPS, map("one", "{}")).json();
        ObjectNode changed = first.deepCopy();
        changed.withObject("data").put("k", "w");
        Answer updated = api.put(MAPS + "/one", changed);
        assertThat(updated.status()).isEqualTo(200);
        Answer stale = api.put(MAPS + "/one", changed.put("immutable", true));
        assertThat(stale.status()).isEqualTo(409);
        assertThat(stale.json().path("reason").asText()).isEqualTo("Conflict");
        changed.withObject("metadata").remove("resourceVersion");
        assertThat(api.put(MAPS + "/one", changed).status()).isEqualTo(200);
        Answer immutable = api.patch(MAPS + "/one", "merge-patch+json", "{\"data\":{\"k\":\"x\"}}");
        assertThat(immutable.status()).isEqualTo(422);
    }

    @Test
    void theSameInOtherWordsIsNoNewGeneration() {
        api.post(DEPLOYMENTS, DEPLOYMENT);
        assertThat(limited("1").at("/metadata/generation").asInt()).isEqualTo(2);
        JsonNode same = limited("1000m");
        assertThat(same.at("/metadata/generation").asInt()).isEqualTo(2);
        assertThat(same.at("/spec/template/spec/containers/0/resources/limits/cpu")
                        .asText())
                .isEqualTo("1000m");
        assertThat(limited("1001m").at("/metadata/generation").asInt()).isEqualTo(3);
    }

    private JsonNode limited(String cpu) {
        String resources = "{\"limits\":{\"cpu\":\"%s\"},\"requests\":{\"cpu\":\"1\"}}".formatted(cpu);
        return api.patch(
                        DEPLOYMENTS + "/web",
                        "strategic-merge-patch+json",
                        "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\",\"args\":[],\"resources\":%s}]}}}}"
                                .formatted(resources))
                .json();
    }

    @Test
    void raisesTheGenerationWithTheSpecOnly() {
        api.post(DEPLOYMENTS, DEPLOYMENT);
        JsonNode labelled = api.patch(
                        DEPLOYMENTS + "/web", "merge-patch+json", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}")
                .json();
        assertThat(labelled.at("/metadata/generation").asInt()).isEqualTo(1);
        JsonNode status = api.patch(
                        DEPLOYMENTS + "/web/status",
                        "merge-patch+json",
                        "{\"spec\":{\"replicas\":9},\"status\":{\"replicas\":2}}")
                .json();
        assertThat(status.at("/spec/replicas").asInt()).isEqualTo(2);
        assertThat(status.at("/status/replicas").asInt()).isEqualTo(2);
        assertThat(status.at("/metadata/generation").asInt()).isEqualTo(1);
        JsonNode scaled = api.patch(DEPLOYMENTS + "/web/scale", "merge-patch+json", "{\"spec\":{\"replicas\":5}}")
                .json();
        assertThat(scaled.path("kind").asText()).isEqualTo("Scale");
        assertThat(scaled.at("/status/selector").asText()).isEqualTo("app=web");
        JsonNode after = api.get(DEPLOYMENTS + "/web").json();
        assertThat(after.at("/spec/replicas").asInt()).isEqualTo(5);
        assertThat(after.at("/metadata/generation").asInt()).isEqualTo(2);
        assertThat(after.at("/spec/strategy/rollingUpdate/maxSurge").asText()).isEqualTo("25%");
    }

    @Test
    void patchesInThreeFormatsAndRefusesTheOthers() {
        api.post(DEPLOYMENTS, DEPLOYMENT);
        JsonNode strategic = api.patch(DEPLOYMENTS + "/web", "strategic-merge-patch+json", """
                        {"spec":{"template":{"spec":{"containers":[{"name":"main","image":"web:2"}]}}}}""")
                .json();
        assertThat(strategic.at("/spec/template/spec/containers/0/image").asText())
                .isEqualTo("web:2");
        assertThat(strategic
                        .at("/spec/template/spec/containers/0/ports/0/containerPort")
                        .asInt())
                .isEqualTo(80);
        Answer json = api.patch(DEPLOYMENTS + "/web", "json-patch+json", """
                [{"op":"test","path":"/spec/replicas","value":2},{"op":"replace","path":"/spec/replicas","value":3}]""");
        assertThat(json.json().at("/spec/replicas").asInt()).isEqualTo(3);
        assertThat(api.patch(DEPLOYMENTS + "/web", "json-patch+json", """
                        [{"op":"test","path":"/spec/replicas","value":2}]""").status())
                .isEqualTo(422);
        assertThat(api.patch(DEPLOYMENTS + "/web", "merge-patch+json", "{\"metadata\":{\"resourceVersion\":\"3\"}}")
                        .status())
                .isEqualTo(409);
        Answer unknown = api.patch(DEPLOYMENTS + "/web", "other-patch+json", DEPLOYMENT);
        assertThat(unknown.status()).isEqualTo(415);
        assertThat(unknown.json().path("message").asText()).contains("strategic-merge-patch+json", "apply-patch+yaml");
    }

    @Test
    void dryRunChangesNothing() {
        Answer created = api.post(MAPS + "?dryRun=All", map("one", "{}"));
        assertThat(created.status()).isEqualTo(201);
        assertThat(api.get(MAPS + "/one").status()).isEqualTo(404);
        api.post(MAPS, map("one", "{}"));
        assertThat(api.patch(MAPS + "/one?dryRun=All", "merge-patch+json", "{\"data\":{\"k\":\"x\"}}")
                        .json()
                        .at("/data/k")
                        .asText())
                .isEqualTo("x");
        assertThat(api.delete(MAPS + "/one", "{\"dryRun\":[\"All\"]}").status()).isEqualTo(200);
        assertThat(api.get(MAPS + "/one").json().at("/data/k").asText()).isEqualTo("v");
    }

    @Test
    void tellsUnknownFieldsAsAsked() {
        String body = """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","imgae":"i:1","image":"i:1"}]}}""";
        Answer strict = api.post(PODS + "?fieldValidation=Strict", body);
        assertThat(strict.status()).isEqualTo(400);
        assertThat(strict.json().path("message").asText())
                .contains("unknown field \"spec.containers[0].imgae\"; did you mean \"image\"?");
        Answer warn = api.post(PODS, body);
        assertThat(warn.status()).isEqualTo(201);
        assertThat(warn.warnings()).anyMatch(warning -> warning.contains("imgae"));
        assertThat(warn.json().at("/spec/containers/0").has("imgae")).isFalse();
        assertThat(api.post(
                                PODS + "?fieldValidation=Strict",
                                "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"kind\":\"Pod\"}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void tellsAllProblemsAtOnceWithTheirFields() {
        Answer refused = api.post(PODS, """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"Bad_Name"},"spec":{"restartPolicy":"Sometimes","containers":[
                 {"name":"c","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}},
                  "volumeMounts":[{"name":"gone","mountPath":"/x"}],"ports":[{"containerPort":70000}]}]}}""");
        assertThat(refused.status()).isEqualTo(422);
        List<String> fields = new ArrayList<>();
        refused.json()
                .at("/details/causes")
                .forEach(cause -> fields.add(cause.path("field").asText()));
        assertThat(fields)
                .contains(
                        "metadata.name",
                        "spec.restartPolicy",
                        "spec.containers[0].image",
                        "spec.containers[0].resources.requests",
                        "spec.containers[0].volumeMounts[0].name",
                        "spec.containers[0].ports[0].containerPort");
        Answer type = api.post(
                PODS,
                "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":7}}");
        assertThat(type.status()).isEqualTo(422);
        assertThat(type.json().path("message").asText()).contains("spec.containers: expected a list");
    }

    @Test
    void warnsOfWhatHasNoEffect() {
        Answer created = api.post(PODS, """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"hostUsers":false,"priorityClassName":"high",
                 "initContainers":[{"name":"side","image":"i:1","restartPolicy":"Always"}],"containers":[{"name":"c","image":"i:1"}]}}""");
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.warnings()).singleElement().asString().contains("spec.priorityClassName");
    }

    @Test
    void readsYamlAndBoundsIt() {
        Answer yaml =
                api.with("POST", MAPS, "application/yaml", "kind: ConfigMap\nmetadata:\n  name: y\ndata: {a: b}\n");
        assertThat(yaml.status()).isEqualTo(201);
        String bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n"
                + "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n"
                + "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f]\n";
        assertThat(api.with("POST", MAPS, "application/yaml", bomb).status()).isEqualTo(400);
        assertThat(api.post(MAPS, "[".repeat(5_000)).status()).isEqualTo(400);
        assertThat(api.post(MAPS, "{\"data\":{\"k\":\"" + "x".repeat(3 * 1024 * 1024) + "\"}}")
                        .status())
                .isEqualTo(413);
    }

    @Test
    void readsProtobufAsItReadsJson() {
        byte[] map = Encoded.body("v1", "ConfigMap", Encoded.written(out -> {
            out.writeByteArray(1, Encoded.written(metadata -> {
                metadata.writeString(1, "sent");
                metadata.writeString(2, "");
                metadata.writeByteArray(8, new byte[0]);
            }));
            out.writeByteArray(2, Encoded.written(entry -> {
                entry.writeString(1, "color");
                entry.writeString(2, "green");
            }));
            out.writeString(77, "from the future");
        }));
        Answer strict = api.withProtobuf("POST", MAPS + "?fieldValidation=Strict", map);
        assertThat(strict.status()).isEqualTo(400);
        assertThat(strict.json().path("message").asText()).contains("unknown field \"protobuf field 77\"");
        Answer created = api.withProtobuf("POST", MAPS, map);
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.warnings()).singleElement().asString().contains("protobuf field 77");
        assertThat(created.json().at("/data/color").asText()).isEqualTo("green");
        assertThat(created.json().path("metadata").has("generateName")).isFalse();
        assertThat(created.json().has("protobuf field 77")).isFalse();

        assertThat(api.withProtobuf("POST", MAPS, Encoded.body("v1", "Secret", new byte[0]))
                        .json()
                        .path("message")
                        .asText())
                .contains("the body is a Secret, but the path wants a ConfigMap");
        byte[] options = Encoded.body(
                "v1",
                "DeleteOptions",
                Encoded.written(out -> out.writeByteArray(
                        2, Encoded.written(preconditions -> preconditions.writeString(1, "another-uid")))));
        assertThat(api.withProtobuf("DELETE", MAPS + "/sent", options).status()).isEqualTo(409);

        Answer unknown = api.withProtobuf("POST", MAPS, Encoded.body("example.com/v1", "Widget", new byte[0]));
        assertThat(unknown.status()).isEqualTo(415);
        assertThat(unknown.json().path("message").asText())
                .contains("Widget", "protobuf", "application/json", "kubectl apply -f");
        assertThat(api.withProtobuf("POST", MAPS, new byte[] {'k', '8', 's', 0, 1})
                        .status())
                .isEqualTo(400);
        assertThat(api.withProtobuf("POST", MAPS, new byte[3 * 1024 * 1024 + 1]).status())
                .isEqualTo(413);
    }

    @Test
    void requestsWhatAPodLimitsButLeavesTemplatesAsTheyAreWritten() {
        String limited =
                "{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\",\"resources\":{\"limits\":{\"cpu\":\"%s\"}}}]}";
        api.post(
                "/api/v1/namespaces/default/pods",
                "{\"metadata\":{\"name\":\"p\"},\"spec\":%s}".formatted(limited.formatted("1")));
        assertThat(api.get("/api/v1/namespaces/default/pods/p")
                        .json()
                        .at("/spec/containers/0/resources/requests/cpu")
                        .asText())
                .isEqualTo("1");

        String template =
                "{\"spec\":{\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":%s}}}";
        api.post(
                DEPLOYMENTS,
                template.replaceFirst("\\{", "{\"metadata\":{\"name\":\"d\"},").formatted(limited.formatted("1")));
        Answer lower = api.patch(
                DEPLOYMENTS + "/d", "strategic-merge-patch+json", template.formatted(limited.formatted("500m")));
        assertThat(lower.status()).as(lower.text()).isEqualTo(200);
        assertThat(lower.json().at("/spec/template/spec/containers/0/resources").toString())
                .isEqualTo("{\"limits\":{\"cpu\":\"500m\"}}");
    }

    @Test
    void keepsLeasesAndShowsTheirHolders() {
        String leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
        Answer created = api.post(leases, """
                {"metadata":{"name":"leader"},"spec":{"holderIdentity":"one","leaseDurationSeconds":15,
                 "acquireTime":"2026-01-02T03:04:05.000000Z","renewTime":"2026-01-02T03:04:05.678901Z"}}""");
        assertThat(created.status()).as(created.text()).isEqualTo(201);
        ObjectNode lease = (ObjectNode) created.json();
        assertThat(lease.at("/spec/renewTime").asText()).isEqualTo("2026-01-02T03:04:05.678901Z");
        lease.withObject("spec").put("holderIdentity", "two").put("leaseTransitions", 1);
        assertThat(api.put(leases + "/leader", lease).status()).isEqualTo(200);
        assertThat(api.put(leases + "/leader", lease).status())
                .as("another has been faster")
                .isEqualTo(409);
        JsonNode table = api.send(api.request(leases).header("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"))
                .json();
        assertThat(table.at("/rows/0/cells/1").asText()).isEqualTo("two");

        Answer wrong = api.post(leases, """
                {"metadata":{"name":"wrong"},"spec":{"leaseDurationSeconds":0,"leaseTransitions":-1,"renewTime":"soon"}}""");
        assertThat(wrong.status()).isEqualTo(422);
        assertThat(wrong.json().at("/details/causes").findValuesAsText("field"))
                .containsExactly("spec.leaseDurationSeconds", "spec.leaseTransitions", "spec.renewTime");
    }

    @Test
    void refusesNamesThatAreNone() {
        for (String name : List.of("../x", "a/b", "a\\u0000b", "x".repeat(300), "\\ud800", "UPPER")) {
            Answer refused = api.post(MAPS, "{\"metadata\":{\"name\":\"%s\"}}".formatted(name));
            assertThat(refused.status()).as(name).isIn(400, 422);
        }
        assertThat(api.get(MAPS + "/..%2f..%2fsecrets").status()).isIn(400, 404);
    }

    @Test
    void namespacesMustExistAndStayWhileTerminating() {
        assertThat(api.post("/api/v1/namespaces/nowhere/configmaps", map("one", "{}"))
                        .status())
                .isEqualTo(404);
        assertThat(api.post("/api/v1/configmaps", map("one", "{}")).status()).isEqualTo(405);
        api.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"team\"}}");
        api.post("/api/v1/namespaces/team/configmaps", map("one", "{}"));
        Answer deleted = api.delete("/api/v1/namespaces/team", "");
        assertThat(deleted.json().at("/status/phase").asText()).isEqualTo("Terminating");
        Answer refused = api.post("/api/v1/namespaces/team/configmaps", map("two", "{}"));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.json().at("/details/causes/0/reason").asText()).isEqualTo("NamespaceTerminating");
        ObjectNode namespace = (ObjectNode) api.get("/api/v1/namespaces/team").json();
        namespace.withObject("spec").putArray("finalizers");
        api.put("/api/v1/namespaces/team", namespace);
        assertThat(api.get("/api/v1/namespaces/team").status())
                .as("a user's update keeps the finalizers")
                .isEqualTo(200);
        namespace.withObject("metadata").remove("resourceVersion");
        assertThat(api.put("/api/v1/namespaces/team/finalize", namespace).status())
                .isEqualTo(200);
        assertThat(api.get("/api/v1/namespaces/team").status()).isEqualTo(404);
        assertThat(api.delete("/api/v1/namespaces/default", "").status()).isEqualTo(403);
    }

    @Test
    void deletesPodsWithGraceOnceTheyHaveANode() {
        api.post(PODS, pod("free"));
        assertThat(api.delete(PODS + "/free", "").json().path("status").asText())
                .isEqualTo("Success");
        assertThat(api.get(PODS + "/free").status()).isEqualTo(404);

        api.post(PODS, pod("bound"));
        assertThat(api.post(PODS + "/bound/binding", "{\"target\":{\"name\":\"a1\"}}")
                        .status())
                .isEqualTo(201);
        JsonNode scheduled = api.get(PODS + "/bound").json();
        assertThat(scheduled.at("/spec/nodeName").asText()).isEqualTo("a1");
        assertThat(scheduled.at("/status/conditions")).anySatisfy(condition -> {
            assertThat(condition.path("type").asText()).isEqualTo("PodScheduled");
            assertThat(condition.path("status").asText()).isEqualTo("True");
        });
        assertThat(api.post(PODS + "/bound/binding", "{\"target\":{\"name\":\"a2\"}}")
                        .status())
                .isEqualTo(409);
        JsonNode marked =
                api.delete(PODS + "/bound", "{\"gracePeriodSeconds\":20}").json();
        assertThat(marked.at("/metadata/deletionGracePeriodSeconds").asInt()).isEqualTo(20);
        JsonNode shortened =
                api.delete(PODS + "/bound", "{\"gracePeriodSeconds\":5}").json();
        assertThat(shortened.at("/metadata/deletionGracePeriodSeconds").asInt()).isEqualTo(5);
        assertThat(api.delete(PODS + "/bound", "{\"gracePeriodSeconds\":60}")
                        .json()
                        .at("/metadata/deletionGracePeriodSeconds")
                        .asInt())
                .isEqualTo(5);
        api.delete(PODS + "/bound", "{\"gracePeriodSeconds\":0}");
        assertThat(api.get(PODS + "/bound").status()).isEqualTo(404);

        api.post(PODS, pod("evicted"));
        // another pod of that name is none of the evicter's business
        assertThat(api.post(PODS + "/evicted/eviction", """
                        {"apiVersion": "policy/v1", "kind": "Eviction", "deleteOptions": {"preconditions": {"uid": "other"}}}
                        """).status()).isEqualTo(409);
        assertThat(api.get(PODS + "/evicted").status()).isEqualTo(200);
        assertThat(api.post(PODS + "/evicted/eviction", "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\"}")
                        .status())
                .isEqualTo(201);
        assertThat(api.get(PODS + "/evicted").status()).isEqualTo(404);
    }

    @Test
    void holdsObjectsByFinalizersAndPropagation() {
        api.post(DEPLOYMENTS, DEPLOYMENT);
        JsonNode marked = api.delete(DEPLOYMENTS + "/web", "{\"propagationPolicy\":\"Foreground\"}")
                .json();
        assertThat(marked.at("/metadata/finalizers/0").asText()).isEqualTo("foregroundDeletion");
        assertThat(marked.at("/metadata/deletionTimestamp").isTextual()).isTrue();
        assertThat(api.patch(
                                DEPLOYMENTS + "/web",
                                "merge-patch+json",
                                "{\"metadata\":{\"finalizers\":[\"foregroundDeletion\",\"a.b/c\"]}}")
                        .status())
                .isEqualTo(422);
        api.patch(DEPLOYMENTS + "/web", "merge-patch+json", "{\"metadata\":{\"finalizers\":null}}");
        assertThat(api.get(DEPLOYMENTS + "/web").status()).isEqualTo(404);
        JsonNode orphaned = api.post(DEPLOYMENTS, DEPLOYMENT).json();
        Answer other = api.delete(DEPLOYMENTS + "/web", "{\"preconditions\":{\"uid\":\"another\"}}");
        assertThat(other.status()).isEqualTo(409);
        JsonNode orphan = api.delete(
                        DEPLOYMENTS + "/web?propagationPolicy=Orphan",
                        "{\"preconditions\":{\"uid\":\"%s\"}}"
                                .formatted(orphaned.at("/metadata/uid").asText()))
                .json();
        assertThat(orphan.at("/metadata/finalizers/0").asText()).isEqualTo("orphan");
        assertThat(api.delete(DEPLOYMENTS + "/web", "{\"propagationPolicy\":\"Sideways\"}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void deletesCollections() {
        api.post(MAPS, map("one", "{\"a\":\"b\"}"));
        api.post(MAPS, map("two", "{}"));
        assertThat(api.delete(MAPS + "?labelSelector=a%3Db", "").status()).isEqualTo(200);
        assertThat(names(api.get(MAPS).json())).containsExactly("two");
    }

    @Test
    void mapsTheStoresTroubles() {
        api.store.failNext(new dev.gantry.controlplane.store.StoreException.Unavailable("the ensemble is away"));
        Answer unavailable = api.post(MAPS, map("one", "{}"));
        assertThat(unavailable.status()).isEqualTo(503);
        assertThat(unavailable.response().headers().firstValue("retry-after")).isPresent();
        api.store.failNext(
                new dev.gantry.controlplane.store.StoreException.OutcomeUnknown("lost", new RuntimeException()));
        assertThat(api.post(MAPS, map("one", "{}")).status()).isEqualTo(504);
        assertThat(api.get(MAPS + "?resourceVersion=99999999").status()).isEqualTo(504);
    }
}
