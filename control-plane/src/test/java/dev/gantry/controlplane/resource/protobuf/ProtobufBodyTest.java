package dev.gantry.controlplane.resource.protobuf;

import static dev.gantry.controlplane.resource.protobuf.Encoded.written;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.Json;
import org.junit.jupiter.api.Test;

/** Bodies as clients write them, and the JSON that the same clients would have sent. */
final class ProtobufBodyTest {
    private static ObjectNode read(String apiVersion, String kind, Encoded.Fields fields) throws ProtobufException {
        return ProtobufBody.read(Encoded.body(apiVersion, kind, written(fields)));
    }

    private static void assertJson(ObjectNode actual, String expected) throws Exception {
        // as text: numbers of another Java type are the same JSON
        assertThat(actual.toPrettyString())
                .isEqualTo(Json.read(expected.getBytes(UTF_8), true).toPrettyString());
    }

    /** Clients in Go write every field that is no pointer. */
    @Test
    void leavesOutWhatSaysNothing() throws Exception {
        ObjectNode deployment = read("apps/v1", "Deployment", out -> {
            out.writeByteArray(1, written(metadata -> {
                metadata.writeString(1, "web");
                metadata.writeString(2, "");
                metadata.writeInt64(7, 0);
                metadata.writeByteArray(8, new byte[0]);
            }));
            out.writeByteArray(2, written(spec -> {
                spec.writeInt32(1, 0);
                spec.writeByteArray(3, new byte[0]);
                spec.writeInt32(5, 0);
                spec.writeBool(7, false);
            }));
            out.writeByteArray(3, new byte[0]);
        });
        assertJson(deployment, """
                {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
                 "spec": {"replicas": 0, "template": {}}, "status": {}}""");
    }

    @Test
    void writesBytesTimesAmountsAndPortsAsJsonHasThem() throws Exception {
        ObjectNode secret = read("v1", "Secret", out -> {
            out.writeByteArray(2, written(entry -> {
                entry.writeString(1, "password");
                entry.writeByteArray(2, "open sesame".getBytes(UTF_8));
            }));
            out.writeByteArray(2, written(entry -> entry.writeString(1, "nothing")));
            out.writeString(3, "Opaque");
        });
        assertJson(secret, """
                {"apiVersion": "v1", "kind": "Secret", "data": {"password": "b3BlbiBzZXNhbWU=", "nothing": ""}, "type": "Opaque"}""");

        ObjectNode lease = read(
                "coordination.k8s.io/v1",
                "Lease",
                out -> out.writeByteArray(2, written(spec -> {
                    spec.writeString(1, "me");
                    spec.writeInt32(2, 15);
                    spec.writeByteArray(4, written(time -> {
                        time.writeInt64(1, 1_700_000_000);
                        time.writeInt32(2, 5_000);
                    }));
                })));
        assertThat(lease.at("/spec/renewTime").asText()).isEqualTo("2023-11-14T22:13:20.000005Z");

        ObjectNode service = read(
                "v1",
                "Service",
                out -> out.writeByteArray(2, written(spec -> {
                    for (String target : new String[] {"", "web"}) {
                        spec.writeByteArray(1, written(port -> {
                            port.writeInt32(3, 80);
                            port.writeByteArray(4, written(either -> {
                                either.writeInt64(1, target.isEmpty() ? 0 : 1);
                                either.writeInt32(2, target.isEmpty() ? 8080 : 0);
                                either.writeString(3, target);
                            }));
                        }));
                    }
                })));
        assertThat(service.at("/spec/ports/0/targetPort").asInt()).isEqualTo(8080);
        assertThat(service.at("/spec/ports/1/targetPort").asText()).isEqualTo("web");
    }

    @Test
    void putsEmbeddedMessagesWhereJsonHasTheirFields() throws Exception {
        ObjectNode pod = read(
                "v1",
                "Pod",
                out -> out.writeByteArray(2, written(spec -> {
                    spec.writeByteArray(1, written(volume -> {
                        volume.writeString(1, "scratch");
                        volume.writeByteArray(2, written(source -> source.writeByteArray(2, new byte[0])));
                    }));
                })));
        assertThat(pod.at("/spec/volumes/0").toString()).isEqualTo("{\"name\":\"scratch\",\"emptyDir\":{}}");
    }

    @Test
    void readsWhatClientsSendBesidesObjects() throws Exception {
        ObjectNode options = read("v1", "DeleteOptions", out -> {
            out.writeInt64(1, 0);
            out.writeString(4, "Background");
        });
        assertThat(options.path("gracePeriodSeconds").asInt(-1)).isZero();
        assertThat(options.path("propagationPolicy").asText()).isEqualTo("Background");
        assertThat(read("apps/v1", "DeleteOptions", out -> out.writeInt64(1, 3))
                        .path("gracePeriodSeconds")
                        .asInt())
                .isEqualTo(3);
        assertThat(read("policy/v1", "Eviction", out -> out.writeByteArray(1, written(m -> m.writeString(1, "p"))))
                        .at("/metadata/name")
                        .asText())
                .isEqualTo("p");
        assertThat(read("autoscaling/v1", "Scale", out -> out.writeByteArray(2, written(s -> s.writeInt32(1, 3))))
                        .at("/spec/replicas")
                        .asInt())
                .isEqualTo(3);
        assertThat(read(
                                "authorization.k8s.io/v1",
                                "SelfSubjectAccessReview",
                                out -> out.writeByteArray(
                                        2,
                                        written(spec -> spec.writeByteArray(
                                                1, written(attributes -> attributes.writeString(2, "list"))))))
                        .at("/spec/resourceAttributes/verb")
                        .asText())
                .isEqualTo("list");
        assertThat(read(
                                "authentication.k8s.io/v1",
                                "TokenRequest",
                                out -> out.writeByteArray(2, written(spec -> spec.writeString(1, "api"))))
                        .at("/spec/audiences/0")
                        .asText())
                .isEqualTo("api");
    }

    @Test
    void namesFieldsThatItDoesNotKnow() throws Exception {
        ObjectNode map = read("v1", "ConfigMap", out -> out.writeString(99, "new"));
        assertThat(map.has("protobuf field 99")).isTrue();
    }

    @Test
    void mergesAMessageThatComesInPieces() throws Exception {
        ObjectNode map = read("v1", "ConfigMap", out -> {
            out.writeByteArray(1, written(metadata -> metadata.writeString(1, "a")));
            out.writeByteArray(1, written(metadata -> metadata.writeString(3, "default")));
        });
        assertThat(map.at("/metadata/name").asText()).isEqualTo("a");
        assertThat(map.at("/metadata/namespace").asText()).isEqualTo("default");
    }

    @Test
    void saysWhichKindsItCannotRead() {
        assertThatThrownBy(() -> read("example.com/v1", "Widget", out -> {}))
                .hasMessageContaining("Widget")
                .hasMessageContaining("example.com/v1")
                .isInstanceOfSatisfying(
                        ProtobufException.class,
                        e -> assertThat(e.isUnknownKind()).isTrue());
    }
}
