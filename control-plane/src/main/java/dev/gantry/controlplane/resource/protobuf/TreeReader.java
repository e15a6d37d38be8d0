package dev.gantry.controlplane.resource.protobuf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.format.DateTimeFormatter.ofPattern;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.protobuf.FieldTable.Field;
import dev.gantry.controlplane.resource.protobuf.FieldTable.Label;
import dev.gantry.controlplane.resource.protobuf.FieldTable.Type;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages to JSON trees by the {@link FieldTable}, as Kubernetes' own JSON writes the same object. Bounded: two bytes of a body can make a whole
 * object. For one body, by one thread.
 */
final class TreeReader {
    /** Values of one body. A body of the allowed length with only sensible ones stays far below. */
    private static final int MAXIMUM_NODES = 200_000;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final DateTimeFormatter SECONDS =
            ofPattern("uuuu-MM-dd'T'HH:mm:ssX").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter MICROSECONDS =
            ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSX").withZone(ZoneOffset.UTC);
    private static final long FIRST_SECOND =
            Instant.parse("0001-01-01T00:00:00Z").getEpochSecond();
    private static final long LAST_SECOND =
            Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

    private final FieldTable table = FieldTable.get();
    private int nodes;

    /** Adds a message's fields to {@code target}, to the end of {@code in}. */
    void read(CodedInputStream in, String message, ObjectNode target) throws IOException, ProtobufException {
        Map<Integer, Field> fields = requireNonNull(table.fields(message), message);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            int number = WireFormat.getTagFieldNumber(tag);
            Field field = fields.get(number);
            count();
            if (field == null) {
                skip(in, tag);
                target.putNull("protobuf field " + number);
            } else {
                readField(in, WireFormat.getTagWireType(tag), message, field, target);
            }
        }
    }

    private void readField(CodedInputStream in, int wireType, String message, Field field, ObjectNode target)
            throws IOException, ProtobufException {
        if (field.label() == Label.LIST
                && wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED
                && wireType(field.type()) != wireType) {
            readPacked(in, field, target);
            return;
        }
        int expected = field.label() == Label.MAP ? WireFormat.WIRETYPE_LENGTH_DELIMITED : wireType(field.type());
        if (wireType != expected) {
            throw ProtobufBody.broken("field %s of %s has wire type %d, expected %d"
                    .formatted(field.name(), message, wireType, expected));
        }
        switch (field.label()) {
            case MAP -> readEntry(in, field, object(target, field.name()));
            case LIST -> list(target, field.name()).add(readValue(in, field, null));
            case ONE -> {
                boolean inline = field.name().equals(Field.INLINE);
                JsonNode before = inline ? target : target.get(field.name());
                JsonNode value = readValue(in, field, before);
                if (!inline && (field.nullable() || !isZero(field.type(), value))) {
                    target.set(field.name(), value);
                }
            }
        }
    }

    private static ObjectNode object(ObjectNode target, String name) {
        return target.get(name) instanceof ObjectNode there ? there : target.putObject(name);
    }

    private static ArrayNode list(ObjectNode target, String name) {
        return target.get(name) instanceof ArrayNode there ? there : target.putArray(name);
    }

    /** Numbers of a list may come in one piece (protobuf, "Packed repeated fields"). */
    private void readPacked(CodedInputStream in, Field field, ObjectNode target) throws IOException, ProtobufException {
        int limit = in.pushLimit(in.readRawVarint32());
        while (in.getBytesUntilLimit() > 0) {
            count();
            list(target, field.name()).add(readValue(in, field, null));
        }
        in.popLimit(limit);
    }

    private void readEntry(CodedInputStream in, Field field, ObjectNode map) throws IOException, ProtobufException {
        int limit = in.pushLimit(in.readRawVarint32());
        String key = "";
        @Nullable JsonNode value = null;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == (1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
                key = in.readStringRequireUtf8();
            } else if (tag == (2 << 3 | wireType(field.type()))) {
                value = readValue(in, field, null);
            } else {
                skip(in, tag);
            }
        }
        popped(in, limit);
        map.set(key, value == null ? empty(field) : value);
    }

    private static JsonNode empty(Field field) {
        return switch (field.type()) {
            case INT -> NODES.numberNode(0);
            case BOOL -> NODES.booleanNode(false);
            case MESSAGE -> NODES.objectNode();
            case QUANTITY -> NODES.textNode("0");
            default -> NODES.textNode("");
        };
    }

    /** @param before what a message that comes in several pieces has so far (protobuf, "Last One Wins") */
    private JsonNode readValue(CodedInputStream in, Field field, @Nullable JsonNode before)
            throws IOException, ProtobufException {
        return switch (field.type()) {
            case STRING -> NODES.textNode(in.readStringRequireUtf8());
            case BOOL -> NODES.booleanNode(in.readBool());
            case INT -> NODES.numberNode(in.readInt64());
            case DOUBLE -> NODES.numberNode(in.readDouble());
            case BYTES -> NODES.textNode(NODES.binaryNode(in.readByteArray()).asText());
            default -> {
                int limit = in.pushLimit(in.readRawVarint32());
                JsonNode value = field.type() == Type.MESSAGE
                        ? readMessage(in, field.message(), before)
                        : readScalarMessage(in, field.type());
                popped(in, limit);
                yield value;
            }
        };
    }

    private JsonNode readMessage(CodedInputStream in, String message, @Nullable JsonNode before)
            throws IOException, ProtobufException {
        ObjectNode object = before instanceof ObjectNode there ? there : NODES.objectNode();
        read(in, message, object);
        JsonNode whole = object.get(Field.WHOLE);
        return whole == null ? object.isEmpty() && isList(message) ? NODES.arrayNode() : object : whole;
    }

    private boolean isList(String message) {
        return requireNonNull(table.fields(message)).values().stream()
                .anyMatch(field -> field.name().equals(Field.WHOLE));
    }

    /** The types that are messages on the wire, but not in JSON: their first three fields say all. */
    private static JsonNode readScalarMessage(CodedInputStream in, Type type) throws IOException, ProtobufException {
        long first = 0;
        long second = 0;
        byte[] bytes = {};
        String text = "";
        boolean empty = in.isAtEnd();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 1 << 3 | WireFormat.WIRETYPE_VARINT -> first = in.readInt64();
                case 2 << 3 | WireFormat.WIRETYPE_VARINT -> second = in.readInt64();
                case 1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> bytes = in.readByteArray();
                case 3 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> text = in.readStringRequireUtf8();
                default -> skip(in, tag);
            }
        }
        return switch (type) {
            case TIME -> empty ? NODES.nullNode() : time(first, second, SECONDS);
            case MICROTIME -> empty ? NODES.nullNode() : time(first, second, MICROSECONDS);
            case QUANTITY -> NODES.textNode(bytes.length == 0 ? "0" : new String(bytes, UTF_8));
            case INT_OR_STRING -> first == 0 ? NODES.numberNode(second) : NODES.textNode(text);
            case JSON, EMBEDDED -> json(bytes);
            default -> throw new IllegalArgumentException("no message: " + type);
        };
    }

    private static JsonNode time(long seconds, long nanos, DateTimeFormatter format) throws ProtobufException {
        if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos > 999_999_999) {
            throw ProtobufBody.broken("%d s and %d ns since 1970 is no time".formatted(seconds, nanos));
        }
        return NODES.textNode(format.format(Instant.ofEpochSecond(seconds, nanos)));
    }

    private static JsonNode json(byte[] bytes) throws ProtobufException {
        if (bytes.length == 0) {
            return NODES.nullNode();
        }
        try {
            return Json.read(bytes, false);
        } catch (IOException e) {
            throw ProtobufBody.broken("a part that should be JSON is none: " + e.getMessage());
        }
    }

    private static int wireType(Type type) {
        return switch (type) {
            case INT, BOOL -> WireFormat.WIRETYPE_VARINT;
            case DOUBLE -> WireFormat.WIRETYPE_FIXED64;
            default -> WireFormat.WIRETYPE_LENGTH_DELIMITED;
        };
    }

    private static boolean isZero(Type type, JsonNode value) {
        return switch (type) {
            case STRING, BYTES -> value.asText().isEmpty();
            case BOOL -> !value.asBoolean();
            case INT, DOUBLE -> value.asDouble() == 0;
            case INT_OR_STRING ->
                value.isNumber() ? value.asLong() == 0 : value.asText().isEmpty();
            case TIME, MICROTIME, JSON, EMBEDDED -> value.isNull();
            case QUANTITY, MESSAGE -> false;
        };
    }

    private void count() throws ProtobufException {
        if (++nodes > MAXIMUM_NODES) {
            throw ProtobufBody.broken("it has more than the %d values allowed".formatted(MAXIMUM_NODES));
        }
    }

    private static void popped(CodedInputStream in, int limit) throws IOException {
        in.checkLastTagWas(0);
        in.popLimit(limit);
    }

    /** Groups, which nest without saying how long they are, are in no message of Kubernetes'. */
    static void skip(CodedInputStream in, int tag) throws IOException {
        int wireType = WireFormat.getTagWireType(tag);
        if (wireType == WireFormat.WIRETYPE_START_GROUP || wireType == WireFormat.WIRETYPE_END_GROUP) {
            throw new InvalidProtocolBufferException("a group, which no kind has");
        }
        in.skipField(tag);
    }
}
