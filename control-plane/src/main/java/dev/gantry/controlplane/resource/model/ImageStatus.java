package dev.gantry.controlplane.resource.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The observed part of an {@link Image}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class ImageStatus {
    private @Nullable String digest;
    private @Nullable Long bytes;
    private List<String> nodes = List.of();

    /** {@code sha256:…} of the manifest. */
    public @Nullable String getDigest() {
        return digest;
    }

    public void setDigest(@Nullable String digest) {
        this.digest = digest;
    }

    /** Layers and configuration on disk. */
    public @Nullable Long getBytes() {
        return bytes;
    }

    public void setBytes(@Nullable Long bytes) {
        this.bytes = bytes;
    }

    /** Names of the nodes that hold it. */
    public List<String> getNodes() {
        return nodes;
    }

    public void setNodes(List<String> nodes) {
        this.nodes = List.copyOf(nodes);
    }
}
