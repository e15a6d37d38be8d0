package dev.gantry.controlplane.resource.protobuf;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedOutputStream;
import dev.gantry.controlplane.resource.protobuf.FieldTable.Field;
import dev.gantry.controlplane.resource.protobuf.FieldTable.Label;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Bodies as a client would send them. */
public final class Encoded {
    private Encoded() {}

    /** An object of a kind in its envelope. */
    public static byte[] body(String apiVersion, String kind, byte[] message) {
        return written(out -> {
            out.writeRawBytes("k8s\0".getBytes(US_ASCII));
            out.writeByteArray(1, written(type -> {
                type.writeString(1, apiVersion);
                type.writeString(2, kind);
            }));
            out.writeByteArray(2, message);
        });
    }

    /** A message with a value in every field, and in every field of those. */
    static byte[] full(String message) {
        return written(out -> {
            Map<Integer, Field> fields = Objects.requireNonNull(FieldTable.get().fields(message), message);
            for (Map.Entry<Integer, Field> entry : new TreeMap<>(fields).entrySet()) {
                Field field = entry.getValue();
                if (field.label() == Label.MAP) {
                    out.writeByteArray(entry.getKey(), written(pair -> {
                        pair.writeString(1, "key");
                        write(pair, 2, field);
                    }));
                } else {
                    write(out, entry.getKey(), field);
                }
            }
        });
    }

    private static void write(CodedOutputStream out, int number, Field field) throws IOException {
        switch (field.type()) {
            case STRING -> out.writeString(number, "text");
            case BOOL -> out.writeBool(number, true);
            case INT -> out.writeInt64(number, 7);
            case DOUBLE -> out.writeDouble(number, 0.5);
            case BYTES -> out.writeByteArray(number, new byte[] {1, 2, 3});
            case MESSAGE -> out.writeByteArray(number, full(field.message()));
            case TIME, MICROTIME ->
                out.writeByteArray(number, written(time -> {
                    time.writeInt64(1, 1_700_000_000);
                    time.writeInt32(2, 123_456_789);
                }));
            case QUANTITY -> out.writeByteArray(number, written(quantity -> quantity.writeString(1, "100m")));
            case INT_OR_STRING ->
                out.writeByteArray(number, written(either -> {
                    either.writeInt64(1, 1);
                    either.writeInt32(2, 0);
                    either.writeString(3, "25%");
                }));
            case JSON, EMBEDDED ->
                out.writeByteArray(number, written(json -> json.writeByteArray(1, "{\"f:a\":{}}".getBytes(UTF_8))));
        }
    }

    /** What writes a message's fields. */
    public interface Fields {
        void writeTo(CodedOutputStream out) throws IOException;
    }

    /** A message of the given fields. */
    public static byte[] written(Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            fields.writeTo(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
