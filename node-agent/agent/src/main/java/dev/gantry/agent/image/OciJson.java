package dev.gantry.agent.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.Descriptor;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Image configurations and manifests as JSON. The same value always gives the same bytes: their digest is the image's identity. */
final class OciJson {
    static final String MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
    static final String CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
    static final String LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

    private static final int MAX_BYTES = 4 << 20;
    private static final ObjectMapper JSON = JsonMapper.builder(com.fasterxml.jackson.core.JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(64)
                            .maxDocumentLength(MAX_BYTES)
                            .build())
                    .build())
            .build();

    private OciJson() {}

    /** One layer as the manifest has it: an unpacked layer's plain archive, or the compressed one that it came as. */
    record LayerBlob(String mediaType, Digest digest, long bytes) {
        static LayerBlob of(Layer layer) {
            Descriptor compressed = layer.compressed();
            if (compressed == null) {
                return new LayerBlob(LAYER_TYPE, layer.diffId(), layer.archiveBytes());
            }
            String compression = compressed.mediaType().endsWith("zstd") ? "+zstd" : "+gzip";
            return new LayerBlob(LAYER_TYPE + compression, compressed.digest(), compressed.bytes());
        }
    }

    static byte[] manifest(Digest config, long configBytes, List<LayerBlob> layers) {
        ObjectNode manifest = JSON.createObjectNode();
        manifest.put("schemaVersion", 2);
        manifest.put("mediaType", MANIFEST_TYPE);
        descriptor(manifest.putObject("config"), CONFIG_TYPE, config, configBytes);
        ArrayNode list = manifest.putArray("layers");
        layers.forEach(layer -> descriptor(list.addObject(), layer.mediaType(), layer.digest(), layer.bytes()));
        return bytes(manifest);
    }

    static byte[] config(OciImage image) {
        ObjectNode root = JSON.createObjectNode();
        root.put("created", image.created().toString());
        if (!image.author().isEmpty()) {
            root.put("author", image.author());
        }
        root.put("architecture", "amd64");
        root.put("os", "linux");
        runConfig(root.putObject("config"), image);
        ObjectNode rootfs = root.putObject("rootfs");
        rootfs.put("type", "layers");
        ArrayNode diffIds = rootfs.putArray("diff_ids");
        image.diffIds().forEach(diffId -> diffIds.add(diffId.toString()));
        ArrayNode history = root.putArray("history");
        for (OciImage.History step : image.history()) {
            ObjectNode node = history.addObject();
            node.put("created", step.created().toString());
            node.put("created_by", step.createdBy());
            if (step.emptyLayer()) {
                node.put("empty_layer", true);
            }
        }
        return bytes(root);
    }

    /** @throws IOException when it is no image configuration for this platform */
    static OciImage parseConfig(byte[] bytes) throws IOException {
        JsonNode root = JSON.readTree(bytes);
        try {
            JsonNode config = root.path("config");
            ImageConfig run = new ImageConfig(
                    config.path("User").asText(""),
                    config.path("WorkingDir").asText(""),
                    strings(config.path("Env")),
                    strings(config.path("Entrypoint")),
                    strings(config.path("Cmd")),
                    keys(config.path("ExposedPorts")),
                    keys(config.path("Volumes")),
                    map(config.path("Labels")),
                    config.path("StopSignal").asText(""));
            return new OciImage(
                    run,
                    instant(root.path("created")),
                    root.path("author").asText(""),
                    strings(config.path("Shell")),
                    strings(config.path("OnBuild")),
                    config.get("Healthcheck"),
                    strings(root.path("rootfs").path("diff_ids")).stream()
                            .map(Digest::parse)
                            .toList(),
                    history(root.path("history")));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IOException("The image configuration is not valid: " + e.getMessage(), e);
        }
    }

    private static void runConfig(ObjectNode node, OciImage image) {
        ImageConfig config = image.config();
        text(node, "User", config.user());
        set(node, "ExposedPorts", config.exposedPorts());
        list(node, "Env", config.environment());
        list(node, "Entrypoint", config.entrypoint());
        list(node, "Cmd", config.command());
        set(node, "Volumes", config.volumes());
        text(node, "WorkingDir", config.workingDirectory());
        if (!config.labels().isEmpty()) {
            ObjectNode labels = node.putObject("Labels");
            new TreeMap<>(config.labels()).forEach(labels::put);
        }
        text(node, "StopSignal", config.stopSignal());
        list(node, "Shell", image.shell());
        list(node, "OnBuild", image.onBuild());
        JsonNode healthcheck = image.healthcheck();
        if (healthcheck != null) {
            node.set("Healthcheck", healthcheck);
        }
    }

    private static void descriptor(ObjectNode node, String type, Digest digest, long bytes) {
        node.put("mediaType", type);
        node.put("digest", digest.toString());
        node.put("size", bytes);
    }

    private static void text(ObjectNode node, String key, String value) {
        if (!value.isEmpty()) {
            node.put(key, value);
        }
    }

    private static void list(ObjectNode node, String key, Collection<String> values) {
        if (!values.isEmpty()) {
            ArrayNode array = node.putArray(key);
            values.forEach(array::add);
        }
    }

    private static void set(ObjectNode node, String key, Collection<String> values) {
        if (!values.isEmpty()) {
            ObjectNode object = node.putObject(key);
            values.forEach(object::putObject);
        }
    }

    private static List<String> strings(JsonNode array) {
        List<String> strings = new ArrayList<>();
        array.forEach(node -> strings.add(node.asText()));
        return strings;
    }

    private static SortedSet<String> keys(JsonNode object) {
        SortedSet<String> keys = new TreeSet<>();
        object.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    private static Map<String, String> map(JsonNode object) {
        Map<String, String> map = new TreeMap<>();
        object.properties()
                .forEach(entry -> map.put(entry.getKey(), entry.getValue().asText()));
        return map;
    }

    private static Instant instant(JsonNode node) {
        return node.isTextual() ? java.time.OffsetDateTime.parse(node.asText()).toInstant() : Instant.EPOCH;
    }

    private static List<OciImage.History> history(JsonNode array) {
        List<OciImage.History> history = new ArrayList<>();
        array.forEach(node -> history.add(new OciImage.History(
                instant(node.path("created")),
                node.path("created_by").asText(""),
                node.path("empty_layer").asBoolean(false))));
        return history;
    }

    private static byte[] bytes(ObjectNode node) {
        try {
            return JSON.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A tree of JSON nodes can always be written", e);
        }
    }
}
