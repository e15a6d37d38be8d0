package dev.gantry.controlplane.resource.protobuf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which field of which message has which number, name and type: {@code fields.txt}, read when the first such body comes. A message is named by the
 * package of its API and its name, such as {@code apps/v1.Deployment}. Beneath it stand its fields: the number; the name in JSON ({@code -} when the
 * message's fields stand in JSON where it is itself, {@code =} when it is in JSON just the value of this field); the type, with {@code []} before it
 * for a list, <code>{}</code> for a map from strings, and {@code ?} after it when 0, false or the empty string is another thing than nothing.
 *
 * <p>A table rather than message classes: those of every kind are 12 MB, and neither name JSON's fields nor tell an absent value from an empty one.
 */
final class FieldTable {
    private static final String RESOURCE = "fields.txt";

    private final Map<String, Map<Integer, Field>> messages;

    private FieldTable(Map<String, Map<Integer, Field>> messages) {
        this.messages = messages;
    }

    static FieldTable get() {
        return Loaded.TABLE;
    }

    /** Loaded on first use. */
    private static final class Loaded {
        static final FieldTable TABLE = read();
    }

    /** The fields of a message by number; null when the table has no such message. */
    @Nullable
    Map<Integer, Field> fields(String message) {
        return messages.get(message);
    }

    private static FieldTable read() {
        Map<String, Map<Integer, Field>> messages = new HashMap<>();
        try (InputStream in = requireNonNull(FieldTable.class.getResourceAsStream(RESOURCE), RESOURCE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8))) {
            String message = "";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(" ")) {
                    String[] parts = line.strip().split(" ", 3);
                    requireNonNull(messages.get(message))
                            .put(
                                    Integer.valueOf(parts[0]),
                                    Field.parse(
                                            parts[1].intern(), parts[2], message.substring(0, message.indexOf('.'))));
                } else {
                    message = line;
                    messages.put(message, new HashMap<>());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new FieldTable(messages);
    }

    /** Whether a field is there once, several times, or as a map's entries. */
    enum Label {
        ONE,
        LIST,
        MAP
    }

    /** What a value is on the wire and in JSON. */
    enum Type {
        STRING,
        BOOL,
        INT,
        DOUBLE,
        /** Base64 in JSON. */
        BYTES,
        MESSAGE,
        /** Seconds and nanoseconds; RFC 3339 with seconds in JSON. */
        TIME,
        /** The same with microseconds in JSON. */
        MICROTIME,
        /** A message that holds a string. */
        QUANTITY,
        INT_OR_STRING,
        /** A message whose first field holds JSON. */
        JSON,
        /** The same, of an object of any kind. */
        EMBEDDED
    }

    /**
     * @param name in JSON; {@code -} and {@code =} as above
     * @param message the message's name for {@link Type#MESSAGE}, else empty
     * @param nullable whether zero says something
     */
    record Field(String name, Label label, Type type, String message, boolean nullable) {
        static final String INLINE = "-";
        static final String WHOLE = "=";

        static Field parse(String name, String text, String apiPackage) {
            boolean nullable = text.endsWith("?");
            String type = nullable ? text.substring(0, text.length() - 1) : text;
            Label label = type.startsWith("[]") ? Label.LIST : type.startsWith("{}") ? Label.MAP : Label.ONE;
            if (label != Label.ONE) {
                type = type.substring(2);
            }
            // messages begin with a capital, after their package if it is another one
            boolean isMessage = type.contains(".") || Character.isUpperCase(type.charAt(0));
            if (!isMessage) {
                Type plain = Type.valueOf(type.replace('-', '_').toUpperCase(Locale.ROOT));
                return new Field(name, label, plain, "", nullable);
            }
            String message = type.contains(".") ? type : apiPackage + "." + type;
            return new Field(name, label, Type.MESSAGE, message.intern(), nullable);
        }
    }
}
