package dev.gantry.controlplane.resource.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import dev.gantry.controlplane.resource.KindTable;
import dev.gantry.controlplane.resource.kind.BuiltInKinds;
import dev.gantry.controlplane.resource.protobuf.FieldTable.Field;
import dev.gantry.controlplane.resource.protobuf.FieldTable.Label;
import dev.gantry.controlplane.resource.schema.ModelSchema;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V1Apps;
import io.kubernetes.client.proto.V1Authentication;
import io.kubernetes.client.proto.V1Authorization;
import io.kubernetes.client.proto.V1Autoscaling;
import io.kubernetes.client.proto.V1Batch;
import io.kubernetes.client.proto.V1Networking;
import io.kubernetes.client.proto.V1Policy;
import io.kubernetes.client.proto.V1Rbac;
import io.kubernetes.client.proto.V1Scheduling;
import io.kubernetes.client.proto.V1Storage;
import io.kubernetes.client.proto.V2Autoscaling;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table beside two other descriptions of the same kinds: the messages of a client library, and the classes that JSON is checked with. */
final class FieldTableTest {
    private static final FieldTable TABLE = FieldTable.get();

    /** Fields whose names in JSON are not those of the message. */
    private static final Map<String, String> RENAMED = Map.of("aPIGroup", "apiGroup", "uID", "uid");

    /** Alpha fields that the three descriptions have of different releases; servers leave them out unless told otherwise. */
    private static final Set<String> UNSETTLED = Set.of(
            "k8s.io.api.core.v1.PodSpec.workloadRef", "status.nodeAllocatableResourceClaimStatuses[0].resources");

    static List<FileDescriptor> files() {
        return List.of(
                Meta.getDescriptor(),
                V1.getDescriptor(),
                V1Apps.getDescriptor(),
                V1Authentication.getDescriptor(),
                V1Authorization.getDescriptor(),
                V1Autoscaling.getDescriptor(),
                V2Autoscaling.getDescriptor(),
                V1Batch.getDescriptor(),
                V1Networking.getDescriptor(),
                V1Policy.getDescriptor(),
                V1Rbac.getDescriptor(),
                V1Scheduling.getDescriptor(),
                V1Storage.getDescriptor());
    }

    @ParameterizedTest
    @MethodSource("files")
    void hasTheNumbersAndTypesOfTheMessages(FileDescriptor file) {
        int compared = 0;
        for (Descriptor message : file.getMessageTypes()) {
            Map<Integer, Field> fields = TABLE.fields(name(message));
            if (fields != null) {
                message.getFields().stream()
                        .filter(expected -> !UNSETTLED.contains(expected.getFullName()))
                        .forEach(expected -> assertField(fields, expected));
                compared++;
            }
        }
        assertThat(compared).isPositive();
    }

    private static void assertField(Map<Integer, Field> fields, FieldDescriptor expected) {
        Field field = fields.get(expected.getNumber());
        assertThat(field).as(expected.getFullName()).isNotNull();
        if (field == null) {
            return;
        }
        if (!field.name().equals(Field.INLINE) && !field.name().equals(Field.WHOLE)) {
            assertThat(field.name()).isEqualTo(RENAMED.getOrDefault(expected.getName(), expected.getName()));
        }
        FieldDescriptor value = expected;
        if (expected.isMapField()) {
            assertThat(field.label()).as(expected.getFullName()).isEqualTo(Label.MAP);
            value = expected.getMessageType().findFieldByNumber(2);
        } else {
            assertThat(field.label())
                    .as(expected.getFullName())
                    .isEqualTo(expected.isRepeated() ? Label.LIST : Label.ONE);
        }
        String type = switch (value.getType()) {
            case STRING -> "STRING";
            case BOOL -> "BOOL";
            case INT32, INT64 -> "INT";
            case DOUBLE -> "DOUBLE";
            case BYTES -> "BYTES";
            case MESSAGE ->
                switch (value.getMessageType().getName()) {
                    case "Time" -> "TIME";
                    case "MicroTime" -> "MICROTIME";
                    case "Quantity" -> "QUANTITY";
                    case "IntOrString" -> "INT_OR_STRING";
                    case "FieldsV1" -> "JSON";
                    case "RawExtension" -> "EMBEDDED";
                    default -> name(value.getMessageType());
                };
            default -> value.getType().toString();
        };
        assertThat(field.message().isEmpty() ? field.type().name() : field.message())
                .as(expected.getFullName())
                .isEqualTo(type);
    }

    private static String name(Descriptor message) {
        String apiPackage = message.getFile()
                .getPackage()
                .replaceFirst("^k8s\\.io\\.(api|apimachinery\\.pkg\\.apis)\\.", "")
                .replace('.', '/');
        return apiPackage + "." + message.getName();
    }

    static Stream<org.junit.jupiter.params.provider.Arguments> kinds() {
        KindTable kinds = BuiltInKinds.table(BuiltInKinds.Settings.DEFAULTS, new Random(1));
        return kinds.all().stream()
                .filter(kind -> !kind.version().group().endsWith("gantry.dev")
                        && kind.version().schema() != null)
                .map(kind -> org.junit.jupiter.params.provider.Arguments.of(
                        kind.version().apiVersion(),
                        kind.kind().kind(),
                        kind.version().schema()));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("kinds")
    void namesTheFieldsThatServedKindsHave(String apiVersion, String kind, ModelSchema schema) throws Exception {
        int slash = apiVersion.indexOf('/');
        String group = slash < 0 ? "core" : apiVersion.substring(0, slash).split("\\.", 2)[0];
        String message = "%s/%s.%s".formatted(group, apiVersion.substring(slash + 1), kind);

        ObjectNode object = ProtobufBody.read(Encoded.body(apiVersion, kind, Encoded.full(message)));

        assertThat(object.path("kind").asText()).isEqualTo(kind);
        ModelSchema.Findings findings = schema.prune(object);
        assertThat(findings.unknown())
                .filteredOn(unknown -> !UNSETTLED.contains(unknown.path()))
                .isEmpty();
        assertThat(findings.wrong()).isEmpty();
    }
}
