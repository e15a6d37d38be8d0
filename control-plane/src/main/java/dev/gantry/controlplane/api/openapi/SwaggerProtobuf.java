package dev.gantry.controlplane.api.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * An OpenAPI 2.0 document as the message {@code openapi.v2.Document} of gnostic, the only form that older clients read. Covers what {@link OpenApi}
 * writes, and refuses anything else rather than leave it out.
 */
final class SwaggerProtobuf {
    /** With the "at" sign that clients ask with, the same clients can't parse it. */
    static final String MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    private static final String EXTENSION = "x-";

    private SwaggerProtobuf() {}

    static byte[] document(JsonNode document) {
        return message(out -> {
            for (Map.Entry<String, JsonNode> field : document.properties()) {
                switch (field.getKey()) {
                    case "swagger" -> out.writeString(1, field.getValue().asText());
                    case "info" -> out.writeByteArray(2, info(field.getValue()));
                    case "paths" -> out.writeByteArray(8, named(field.getValue(), 2, SwaggerProtobuf::pathItem));
                    case "definitions" -> out.writeByteArray(9, named(field.getValue(), 1, SwaggerProtobuf::schema));
                    default -> throw unknown("document", field);
                }
            }
        });
    }

    private static byte[] info(JsonNode info) {
        return message(out -> {
            out.writeString(1, info.path("title").asText());
            out.writeString(2, info.path("version").asText());
        });
    }

    /** A map: pairs of a name and a message, all in the field {@code number}. */
    private static byte[] named(JsonNode map, int number, Form form) {
        return message(out -> {
            for (Map.Entry<String, JsonNode> entry : map.properties()) {
                out.writeByteArray(number, pair(entry.getKey(), form.of(entry.getValue())));
            }
        });
    }

    private static byte[] pair(String name, byte[] value) {
        return message(out -> {
            out.writeString(1, name);
            out.writeByteArray(2, value);
        });
    }

    private static byte[] pathItem(JsonNode item) {
        return message(out -> {
            for (Map.Entry<String, JsonNode> field : item.properties()) {
                switch (field.getKey()) {
                    case "get" -> out.writeByteArray(2, operation(field.getValue()));
                    case "put" -> out.writeByteArray(3, operation(field.getValue()));
                    case "post" -> out.writeByteArray(4, operation(field.getValue()));
                    case "delete" -> out.writeByteArray(5, operation(field.getValue()));
                    case "patch" -> out.writeByteArray(8, operation(field.getValue()));
                    case "parameters" -> {
                        for (JsonNode parameter : field.getValue()) {
                            out.writeByteArray(9, parameter(parameter));
                        }
                    }
                    default -> throw unknown("path", field);
                }
            }
        });
    }

    private static byte[] operation(JsonNode operation) {
        return message(out -> {
            for (Map.Entry<String, JsonNode> field : operation.properties()) {
                switch (field.getKey()) {
                    case "operationId" -> out.writeString(5, field.getValue().asText());
                    case "parameters" -> {
                        for (JsonNode parameter : field.getValue()) {
                            out.writeByteArray(8, parameter(parameter));
                        }
                    }
                    case "responses" ->
                        out.writeByteArray(
                                9,
                                named(
                                        field.getValue(),
                                        1,
                                        response -> message(value -> value.writeByteArray(
                                                1,
                                                message(plain -> plain.writeString(
                                                        1,
                                                        response.path("description")
                                                                .asText()))))));
                    default -> extension(out, 13, "operation", field);
                }
            }
        });
    }

    private static byte[] parameter(JsonNode parameter) {
        String in = parameter.path("in").asText();
        byte[] form = switch (in) {
            case "body" ->
                message(out -> out.writeByteArray(1, message(body -> {
                    body.writeString(2, parameter.path("name").asText());
                    body.writeString(3, in);
                    body.writeBool(4, parameter.path("required").asBoolean());
                    body.writeByteArray(5, schema(parameter.path("schema")));
                })));
            case "query" -> nonBody(3, parameter, 6, 20);
            case "path" -> nonBody(4, parameter, 5, 19);
            default -> throw new IllegalArgumentException("a parameter in " + in);
        };
        return message(out -> out.writeByteArray(1, form));
    }

    private static byte[] nonBody(int alternative, JsonNode parameter, int typeNumber, int uniqueNumber) {
        byte[] form = message(out -> {
            out.writeBool(1, parameter.path("required").asBoolean());
            out.writeString(2, parameter.path("in").asText());
            out.writeString(4, parameter.path("name").asText());
            out.writeString(typeNumber, parameter.path("type").asText());
            out.writeBool(uniqueNumber, parameter.path("uniqueItems").asBoolean());
        });
        return message(out -> out.writeByteArray(2, message(nonBody -> nonBody.writeByteArray(alternative, form))));
    }

    private static byte[] schema(JsonNode schema) {
        return message(out -> {
            for (Map.Entry<String, JsonNode> field : schema.properties()) {
                JsonNode value = field.getValue();
                switch (field.getKey()) {
                    case "$ref" -> out.writeString(1, value.asText());
                    case "format" -> out.writeString(2, value.asText());
                    case "additionalProperties" ->
                        out.writeByteArray(21, message(item -> item.writeByteArray(1, schema(value))));
                    case "type" -> out.writeByteArray(22, message(type -> type.writeString(1, value.asText())));
                    case "items" -> out.writeByteArray(23, message(items -> items.writeByteArray(1, schema(value))));
                    case "properties" -> out.writeByteArray(25, named(value, 1, SwaggerProtobuf::schema));
                    default -> extension(out, 31, "schema", field);
                }
            }
        });
    }

    /** Its value is text in YAML, of which JSON is a part. */
    private static void extension(CodedOutputStream out, int number, String where, Map.Entry<String, JsonNode> field)
            throws IOException {
        if (!field.getKey().startsWith(EXTENSION)) {
            throw unknown(where, field);
        }
        out.writeByteArray(
                number,
                pair(
                        field.getKey(),
                        message(any -> any.writeString(2, field.getValue().toString()))));
    }

    private static IllegalArgumentException unknown(String where, Map.Entry<String, JsonNode> field) {
        return new IllegalArgumentException("no field %s in the message of a %s".formatted(field.getKey(), where));
    }

    /** What a part of the document is as a message. */
    @FunctionalInterface
    private interface Form {
        byte[] of(JsonNode part);
    }

    @FunctionalInterface
    private interface Fields {
        void writeTo(CodedOutputStream out) throws IOException;
    }

    private static byte[] message(Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes, 256);
        try {
            fields.writeTo(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory has no errors
        }
        return bytes.toByteArray();
    }
}
