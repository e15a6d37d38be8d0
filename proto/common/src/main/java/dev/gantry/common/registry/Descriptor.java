package dev.gantry.common.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.image.Digest;

/**
 * What a manifest says of a piece of content (OCI image specification, "Content Descriptors").
 *
 * @param mediaType as it was written
 * @param digest of the content
 * @param bytes its length
 * @param platform empty where it has none
 */
public record Descriptor(String mediaType, Digest digest, long bytes, Platform platform) {
    public Descriptor {
        requireNonNull(mediaType, "mediaType is null");
        requireNonNull(digest, "digest is null");
        requireNonNull(platform, "platform is null");
    }

    /**
     * What an image of an index runs on.
     *
     * @param os such as linux; empty when it is not said
     * @param architecture such as amd64, in Go's words; empty when it is not said
     * @param variant such as v8; mostly empty
     */
    public record Platform(String os, String architecture, String variant) {
        /** None is said. */
        public static final Platform UNKNOWN = new Platform("", "", "");

        public Platform {
            requireNonNull(os, "os is null");
            requireNonNull(architecture, "architecture is null");
            requireNonNull(variant, "variant is null");
        }

        /** Of this process: Linux, on the processor that this JVM runs on. */
        public static Platform ofThisHost() {
            String architecture = System.getProperty("os.arch", "");
            return new Platform(
                    "linux",
                    switch (architecture) {
                        case "x86_64" -> "amd64";
                        case "aarch64" -> "arm64";
                        default -> architecture;
                    },
                    "");
        }

        /** Whether an image of this platform runs on a host of the other. What is not said fits. */
        public boolean runsOn(Platform host) {
            return (os.isEmpty() || os.equals(host.os))
                    && (architecture.isEmpty() || architecture.equals(host.architecture));
        }

        @Override
        public String toString() {
            return variant.isEmpty() ? os + "/" + architecture : os + "/" + architecture + "/" + variant;
        }
    }
}
