package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.common.image.Digest;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An image as its configuration describes it (OCI image specification, "Image Configuration", with Docker's additions).
 *
 * @param created of its newest content; never the time of the build, so that the same input gives the same image
 * @param author empty for none
 * @param shell of later SHELL forms; empty for the default
 * @param onBuild instructions for builds that are based on it
 * @param healthcheck as in the configuration; null for none
 * @param diffIds of the layers, the lowest first
 * @param history as many entries with layers as there are layers
 */
public record OciImage(
        ImageConfig config,
        Instant created,
        String author,
        List<String> shell,
        List<String> onBuild,
        @Nullable JsonNode healthcheck,
        List<Digest> diffIds,
        List<History> history) {
    public OciImage {
        requireNonNull(config, "config is null");
        requireNonNull(created, "created is null");
        shell = List.copyOf(shell);
        onBuild = List.copyOf(onBuild);
        diffIds = List.copyOf(diffIds);
        history = List.copyOf(history);
    }

    /** @param emptyLayer whether the step made no layer */
    public record History(Instant created, String createdBy, boolean emptyLayer) {}

    /** Nothing: what {@code FROM scratch} begins with. */
    public static OciImage scratch() {
        ImageConfig config = new ImageConfig(
                "",
                "",
                List.of(),
                List.of(),
                List.of(),
                new java.util.TreeSet<>(),
                new java.util.TreeSet<>(),
                java.util.Map.of(),
                "");
        return new OciImage(config, Instant.EPOCH, "", List.of(), List.of(), null, List.of(), List.of());
    }
}
