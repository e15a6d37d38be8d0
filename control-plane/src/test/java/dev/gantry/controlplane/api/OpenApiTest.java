package dev.gantry.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.gantry.controlplane.api.ApiFixture.Answer;
import dev.gantry.controlplane.resource.ResourceKind;
import dev.gantry.controlplane.resource.ServedVersion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What clients read in the OpenAPI documents: schemas to explain and to validate by, merge keys, and what a patch takes. */
final class OpenApiTest {
    /** As clients ask. */
    private static final String ASKED_FOR = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

    private static final String POD = "io.k8s.api.core.v1.Pod";

    private final ApiFixture api = new ApiFixture();

    @AfterEach
    void stop() {
        api.close();
    }

    private JsonNode v2() {
        return api.get("/openapi/v2").json();
    }

    @Test
    void describesEveryServedKindInBothVersions() {
        JsonNode definitions = v2().path("definitions");
        JsonNode index = api.get("/openapi/v3").json().path("paths");
        api.engine.kinds().all().forEach(kind -> {
            String apiVersion = kind.version().apiVersion();
            String name = (kind.version().group().isEmpty() ? "api/" : "apis/") + apiVersion;
            JsonNode schemas = api.get(
                            index.path(name).path("serverRelativeURL").asText())
                    .json()
                    .at("/components/schemas");
            for (JsonNode all : List.of(definitions, schemas)) {
                assertThat(all)
                        .as(apiVersion + " " + kind.kind().kind())
                        .anyMatch(schema -> schema.path("x-kubernetes-group-version-kind")
                                        .path(0)
                                        .path("kind")
                                        .asText()
                                        .equals(kind.kind().kind())
                                && schema.at("/x-kubernetes-group-version-kind/0/group")
                                        .asText()
                                        .equals(kind.version().group()));
            }
        });
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        JsonNode v2 = v2();
        assertReferences(v2, v2.path("definitions"), "#/definitions/");
        api.get("/openapi/v3").json().path("paths").forEach(path -> {
            JsonNode v3 = api.get(path.path("serverRelativeURL").asText()).json();
            assertReferences(v3, v3.at("/components/schemas"), "#/components/schemas/");
        });
    }

    private static void assertReferences(JsonNode document, JsonNode definitions, String prefix) {
        Set<String> names = new HashSet<>();
        definitions.fieldNames().forEachRemaining(names::add);
        List<String> references = document.findValuesAsText("$ref");
        assertThat(references).isNotEmpty().allMatch(reference -> reference.startsWith(prefix));
        assertThat(names)
                .containsAll(references.stream()
                        .map(reference -> reference.substring(prefix.length()))
                        .toList());
    }

    @Test
    void saysHowListsMerge() {
        JsonNode definitions = v2().path("definitions");
        JsonNode spec = definitions.path("io.k8s.api.core.v1.PodSpec").path("properties");
        assertThat(spec.at("/containers/x-kubernetes-patch-merge-key").asText()).isEqualTo("name");
        assertThat(spec.at("/volumes/x-kubernetes-patch-strategy").asText()).isEqualTo("merge,retainKeys");
        assertThat(spec.at("/tolerations/x-kubernetes-list-type").asText()).isEqualTo("atomic");
        assertThat(definitions
                        .at("/io.k8s.api.core.v1.Container/properties/ports/x-kubernetes-list-map-keys")
                        .toString())
                .isEqualTo("[\"containerPort\",\"protocol\"]");
        JsonNode metadata = definitions.at("/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta/properties");
        assertThat(metadata.at("/finalizers/x-kubernetes-list-type").asText()).isEqualTo("set");
        assertThat(metadata.at("/finalizers/x-kubernetes-patch-strategy").asText())
                .isEqualTo("merge");
        assertThat(definitions
                        .at("/io.k8s.api.apps.v1.DeploymentSpec/properties/strategy/x-kubernetes-patch-strategy")
                        .asText())
                .isEqualTo("retainKeys");
        assertThat(definitions
                        .at("/io.k8s.api.core.v1.LocalObjectReference/x-kubernetes-map-type")
                        .asText())
                .isEqualTo("atomic");
    }

    /** The two tables of the same lists: by what a patch merges them, and by what owners are told apart. */
    @Test
    void bothWaysToMergeUseTheSameKeys() {
        List<String> differing = new ArrayList<>();
        v2().path("definitions")
                .properties()
                .forEach(definition -> definition
                        .getValue()
                        .path("properties")
                        .properties()
                        .forEach(field -> {
                            JsonNode key = field.getValue().path("x-kubernetes-patch-merge-key");
                            List<String> keys = new ArrayList<>();
                            field.getValue()
                                    .path("x-kubernetes-list-map-keys")
                                    .forEach(each -> keys.add(each.asText()));
                            if (!key.isMissingNode() && !keys.contains(key.asText())) {
                                differing.add(definition.getKey() + "." + field.getKey());
                            }
                        }));
        // merged by patches, but one value for owners, also in Kubernetes
        assertThat(differing).containsExactly("io.k8s.api.core.v1.PodStatus.hostIPs");
    }

    @Test
    void writesAmountsAndPortsAsEitherForm() {
        JsonNode v3 = api.get("/openapi/v3/api/v1").json().at("/components/schemas");
        assertThat(v3.at("/io.k8s.api.core.v1.ServicePort/properties/targetPort/oneOf"))
                .hasSize(2);
        assertThat(v3.at("/io.k8s.api.core.v1.ResourceRequirements/properties/limits/additionalProperties/oneOf"))
                .hasSize(2);
        JsonNode v2 = v2().path("definitions");
        assertThat(v2.at("/io.k8s.api.core.v1.ServicePort/properties/targetPort/format")
                        .asText())
                .isEqualTo("int-or-string");
        assertThat(v2.at("/io.k8s.api.core.v1.Event/properties/eventTime/type").asText())
                .isEqualTo("string");
    }

    @Test
    void keepsDocumentsByHash() {
        String url = api.get("/openapi/v3")
                .json()
                .path("paths")
                .path("apis/apps/v1")
                .path("serverRelativeURL")
                .asText();
        Answer document = api.get(url);
        String tag = document.response().headers().firstValue("etag").orElseThrow();
        assertThat(url).contains("hash=" + tag.replace("\"", ""));
        assertThat(document.response().headers().firstValue("cache-control").orElseThrow())
                .contains("immutable");
        assertThat(api.get("/openapi/v3/apis/apps/v1").response().headers().firstValue("cache-control"))
                .isEmpty();
        Answer again = api.send(api.request("/openapi/v3/apis/apps/v1").header("If-None-Match", tag));
        assertThat(again.status()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(api.get("/openapi/v3/apis/nothing/v1").status()).isEqualTo(404);

        api.engine
                .kinds()
                .add(ResourceKind.builder("example.com", "widgets", "Widget")
                        .versions(ServedVersion.stored("example.com", "v1", null))
                        .build());
        assertThat(v2().path("definitions").has("com.example.v1.Widget")).isTrue();
        assertThat(api.get("/openapi/v3/apis/example.com/v1").status()).isEqualTo(200);
        assertThat(api.get(url).text()).isEqualTo(document.text());
    }

    @Test
    void compressesForThoseWhoTakeIt() throws Exception {
        Answer compressed = api.send(api.request("/openapi/v2").header("Accept-Encoding", "gzip"));
        assertThat(compressed.response().headers().firstValue("content-encoding"))
                .hasValue("gzip");
        assertThat(new java.util.zip.GZIPInputStream(new java.io.ByteArrayInputStream(compressed.body()))
                        .readAllBytes())
                .isEqualTo(api.get("/openapi/v2").body());
    }

    /** Read back without the message classes: by the numbers of gnostic's OpenAPIv2.proto. */
    @Test
    void writesTheSameAsProtobuf() throws Exception {
        Answer answer = api.send(api.request("/openapi/v2").header("Accept", ASKED_FOR));
        assertThat(answer.response().headers().firstValue("content-type"))
                .hasValue("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
        UnknownFieldSet document = UnknownFieldSet.parseFrom(answer.body());
        JsonNode json = v2();
        assertThat(text(document, 1)).isEqualTo("2.0");
        Map<String, UnknownFieldSet> definitions = named(message(document, 9), 1);
        assertThat(definitions).hasSize(json.path("definitions").size());
        UnknownFieldSet pod = java.util.Objects.requireNonNull(definitions.get(POD));
        assertThat(text(message(pod, 22), 1)).isEqualTo("object");
        Map<String, UnknownFieldSet> fields = named(message(pod, 25), 1);
        assertThat(fields.keySet()).contains("metadata", "spec", "status");
        assertThat(text(java.util.Objects.requireNonNull(fields.get("spec")), 1))
                .isEqualTo("#/definitions/io.k8s.api.core.v1.PodSpec");
        Map<String, UnknownFieldSet> extensions = named(pod, 31);
        assertThat(text(java.util.Objects.requireNonNull(extensions.get("x-kubernetes-group-version-kind")), 2))
                .isEqualTo("[{\"group\":\"\",\"kind\":\"Pod\",\"version\":\"v1\"}]");

        UnknownFieldSet path = java.util.Objects.requireNonNull(
                named(message(document, 8), 2).get("/api/v1/namespaces/{namespace}/pods/{name}"));
        List<String> parameters = new ArrayList<>();
        for (ByteString parameter : message(path, 8).getField(8).getLengthDelimitedList()) {
            UnknownFieldSet form = message(UnknownFieldSet.parseFrom(parameter), 1);
            parameters.add(form.hasField(1) ? text(message(form, 1), 2) : text(message(message(form, 2), 3), 4));
        }
        assertThat(parameters).containsExactly("body", "dryRun", "fieldManager", "fieldValidation", "force");
    }

    private static UnknownFieldSet message(UnknownFieldSet in, int number) throws InvalidProtocolBufferException {
        return UnknownFieldSet.parseFrom(
                in.getField(number).getLengthDelimitedList().getFirst());
    }

    private static String text(UnknownFieldSet in, int number) {
        return in.getField(number).getLengthDelimitedList().getFirst().toStringUtf8();
    }

    private static Map<String, UnknownFieldSet> named(UnknownFieldSet in, int number)
            throws InvalidProtocolBufferException {
        Map<String, UnknownFieldSet> all = new HashMap<>();
        for (ByteString pair : in.getField(number).getLengthDelimitedList()) {
            UnknownFieldSet fields = UnknownFieldSet.parseFrom(pair);
            all.put(text(fields, 1), message(fields, 2));
        }
        return all;
    }
}
