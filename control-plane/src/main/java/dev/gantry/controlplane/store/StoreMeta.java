package dev.gantry.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.StringReader;
import java.util.Properties;

/**
 * What {@code /gantry/meta} says of the cluster.
 *
 * @param clusterId a wiped store is another cluster
 * @param revisionBase even; a restore raises it above every revision ever handed out
 * @param epochBase likewise, of epochs
 * @param dictionary that new objects are compressed with
 */
record StoreMeta(String clusterId, long revisionBase, long epochBase, int dictionary) {
    private static final String FORMAT = "1";

    StoreMeta {
        requireNonNull(clusterId, "clusterId is null");
    }

    byte[] encode() {
        return """
                format=%s
                cluster=%s
                revision-base=%d
                epoch-base=%d
                dictionary=%d
                """.formatted(FORMAT, clusterId, revisionBase, epochBase, dictionary)
                .getBytes(UTF_8);
    }

    /** @throws IllegalStateException when it is of a later format, or not readable */
    static StoreMeta decode(byte[] bytes) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(new String(bytes, UTF_8)));
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory failed", e);
        }
        if (!FORMAT.equals(properties.getProperty("format"))) {
            throw new IllegalStateException("%s has format %s, expected %s: upgrade this control plane"
                    .formatted(StorePaths.META, properties.getProperty("format"), FORMAT));
        }
        return new StoreMeta(
                required(properties, "cluster"),
                Long.parseLong(required(properties, "revision-base")),
                Long.parseLong(required(properties, "epoch-base")),
                Integer.parseInt(required(properties, "dictionary")));
    }

    private static String required(Properties properties, String name) {
        String value = properties.getProperty(name);
        if (value == null) {
            throw new IllegalStateException("%s has no %s".formatted(StorePaths.META, name));
        }
        return value;
    }
}
