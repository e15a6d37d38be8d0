package dev.gantry.agent.pod;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** Ids and labels by which a pod finds its containers again. */
final class ContainerNames {
    static final String POD_UID = "gantry.dev/pod-uid";
    static final String CONTAINER = "gantry.dev/container";
    static final String GENERATION = "gantry.dev/generation";
    static final String ATTEMPT = "gantry.dev/attempt";

    /** For whoever stops the container without its pod. */
    static final String STOP_SIGNAL = "gantry.dev/stop-signal";

    /** Digest of the image that it was started with: a name of another registry may mean another one by now. */
    static final String IMAGE = "gantry.dev/image";

    private ContainerNames() {}

    /** At most 64 characters, for a uid of 36: uid, ten characters that stand for the container's name, attempt. */
    static String id(String podUid, String container, int attempt) {
        return "%s-%s-%d".formatted(podUid, digest(container), attempt);
    }

    static Map<String, String> labels(
            String podUid, String container, long generation, int attempt, int stopSignal, String image) {
        return Map.of(
                POD_UID,
                podUid,
                CONTAINER,
                container,
                GENERATION,
                Long.toString(generation),
                ATTEMPT,
                Integer.toString(attempt),
                STOP_SIGNAL,
                Integer.toString(stopSignal),
                IMAGE,
                image);
    }

    private static String digest(String name) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8));
            return HexFormat.of().formatHex(hash, 0, 5);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
