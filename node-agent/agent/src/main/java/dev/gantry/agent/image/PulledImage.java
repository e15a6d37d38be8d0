package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.util.List;

/** An image as a registry has it: in its builder's words, which are kept for their digests. */
public final class PulledImage {
    private final byte[] manifest;
    private final byte[] config;
    private final OciImage image;

    private PulledImage(byte[] manifest, byte[] config, OciImage image) {
        this.manifest = manifest;
        this.config = config;
        this.image = image;
    }

    /**
     * @param manifest or index, whose digest is the image's
     * @throws IOException when the configuration is none of an image
     */
    public static PulledImage of(byte[] manifest, byte[] config) throws IOException {
        return new PulledImage(
                requireNonNull(manifest, "manifest is null"),
                requireNonNull(config, "config is null"),
                OciJson.parseConfig(config));
    }

    /** Of the layers' plain archives, the lowest first. */
    public List<Digest> diffIds() {
        return image.diffIds();
    }

    byte[] manifest() {
        return manifest;
    }

    byte[] config() {
        return config;
    }

    OciImage image() {
        return image;
    }
}
