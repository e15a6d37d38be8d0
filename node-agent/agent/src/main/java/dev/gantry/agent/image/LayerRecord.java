package dev.gantry.agent.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.Descriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What the store keeps of a layer beside its files. */
final class LayerRecord {
    private LayerRecord() {}

    static byte[] format(long archiveBytes, LayerTar.Summary summary, @Nullable Descriptor compressed) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("archiveBytes", archiveBytes);
        node.put("contentBytes", summary.contentBytes());
        node.put("latest", summary.latest().toString());
        if (compressed != null) {
            node.putObject("compressed")
                    .put("mediaType", compressed.mediaType())
                    .put("digest", compressed.digest().toString())
                    .put("size", compressed.bytes());
        }
        return StoreLayout.json(node);
    }

    static Layer parse(Digest diffId, Path files, byte[] body) throws IOException {
        JsonNode node = StoreLayout.parseJson(body);
        return new Layer(
                diffId,
                files,
                node.path("archiveBytes").asLong(),
                node.path("contentBytes").asLong(),
                Instant.parse(node.path("latest").asText("1970-01-01T00:00:00Z")),
                compressed(node.path("compressed")));
    }

    private static @Nullable Descriptor compressed(JsonNode node) {
        String digest = node.path("digest").asText("");
        return Digest.isDigest(digest)
                ? new Descriptor(
                        node.path("mediaType").asText(""),
                        Digest.parse(digest),
                        node.path("size").asLong(),
                        Descriptor.Platform.UNKNOWN)
                : null;
    }
}
