package dev.gantry.common.registry;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A manifest as it was sent, and what it names (OCI image specification, "Image Manifest" and "Image Index"; Docker's schema 2 says the same in other
 * words). Immutable.
 */
public final class Manifest {
    /** The most that any manifest may have, as registries agree. */
    public static final int MAX_BYTES = 4 << 20;

    public static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
    public static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
    public static final String DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

    /** What a client takes, best first. */
    public static final List<String> TYPES = List.of(OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST);

    private static final Set<String> INDEXES = Set.of(OCI_INDEX, DOCKER_LIST);
    private static final int MAX_REFERENCES = 10_000;
    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(64)
                            .maxDocumentLength(MAX_BYTES)
                            .build())
                    .build())
            .build();

    private final String mediaType;
    private final byte[] bytes;
    private final Digest digest;
    private final Optional<Descriptor> config;
    private final List<Descriptor> layers;
    private final List<Descriptor> manifests;

    private Manifest(
            String mediaType,
            byte[] bytes,
            Optional<Descriptor> config,
            List<Descriptor> layers,
            List<Descriptor> manifests) {
        this.mediaType = mediaType;
        this.bytes = bytes;
        this.digest = Digest.of(bytes);
        this.config = config;
        this.layers = List.copyOf(layers);
        this.manifests = List.copyOf(manifests);
    }

    /**
     * @param declaredType the media type that it was sent with; empty when it says so itself
     * @param bytes kept, never to be modified
     * @throws IOException saying what is wrong with it
     */
    public static Manifest parse(String declaredType, byte[] bytes) throws IOException {
        requireNonNull(declaredType, "declaredType is null");
        if (bytes.length > MAX_BYTES) {
            throw new IOException("The manifest has %d bytes; expected at most %d".formatted(bytes.length, MAX_BYTES));
        }
        JsonNode root = read(bytes);
        String ofItself = root.path("mediaType").asText("");
        String type = declaredType.split(";", 2)[0].strip();
        if (!type.isEmpty() && !ofItself.isEmpty() && !type.equals(ofItself)) {
            throw new IOException("The manifest says that it is %s, but was sent as %s".formatted(ofItself, type));
        }
        type = type.isEmpty() ? ofItself : type;
        if (!TYPES.contains(type)) {
            throw new IOException("The manifest is of type \"%s\"; expected one of %s".formatted(type, TYPES));
        }
        if (root.path("schemaVersion").asInt(0) != 2) {
            throw new IOException("The manifest's schemaVersion is %s; expected 2"
                    .formatted(root.path("schemaVersion").asText("missing")));
        }
        if (INDEXES.contains(type)) {
            return new Manifest(type, bytes, Optional.empty(), List.of(), descriptors(root, "manifests"));
        }
        if (!root.path("config").isObject()) {
            throw new IOException("The manifest has no config; expected a descriptor of the image's configuration");
        }
        return new Manifest(
                type,
                bytes,
                Optional.of(descriptor(root.path("config"), "config")),
                descriptors(root, "layers"),
                List.of());
    }

    public String mediaType() {
        return mediaType;
    }

    /** As it was sent; not to be modified. */
    public byte[] bytes() {
        return bytes;
    }

    public Digest digest() {
        return digest;
    }

    /** Whether it names manifests of several platforms, instead of layers. */
    public boolean isIndex() {
        return config.isEmpty();
    }

    /** @throws IllegalStateException for an index */
    public Descriptor config() {
        return config.orElseThrow(() -> new IllegalStateException("an index has no configuration"));
    }

    /** The lowest first; empty for an index. */
    public List<Descriptor> layers() {
        return layers;
    }

    /** Of an index, in its order. */
    public List<Descriptor> manifests() {
        return manifests;
    }

    /** Blobs that it needs: configuration and layers. */
    public List<Descriptor> blobs() {
        List<Descriptor> blobs = new ArrayList<>(layers);
        config.ifPresent(blobs::add);
        return blobs;
    }

    private static JsonNode read(byte[] bytes) throws IOException {
        JsonNode root = JSON.readTree(bytes);
        if (root == null || !root.isObject()) {
            throw new IOException("The manifest is no JSON object");
        }
        return root;
    }

    private static List<Descriptor> descriptors(JsonNode root, String field) throws IOException {
        JsonNode array = root.path(field);
        if (!array.isArray()) {
            throw new IOException("The manifest has no list of %s".formatted(field));
        }
        if (array.size() > MAX_REFERENCES) {
            throw new IOException(
                    "The manifest names %d %s; expected at most %d".formatted(array.size(), field, MAX_REFERENCES));
        }
        List<Descriptor> descriptors = new ArrayList<>();
        for (JsonNode node : array) {
            descriptors.add(descriptor(node, "%s[%d]".formatted(field, descriptors.size())));
        }
        return descriptors;
    }

    private static Descriptor descriptor(JsonNode node, String where) throws IOException {
        String digest = node.path("digest").asText("");
        if (!Digest.isDigest(digest)) {
            throw new IOException("The manifest's %s has no digest of the form sha256: and 64 digits of 0-9 and a-f"
                    .formatted(where));
        }
        if (!node.path("size").isIntegralNumber() || node.path("size").asLong() < 0) {
            throw new IOException("The manifest's %s has no size in bytes".formatted(where));
        }
        JsonNode platform = node.path("platform");
        return new Descriptor(
                node.path("mediaType").asText(""),
                Digest.parse(digest),
                node.path("size").asLong(),
                new Descriptor.Platform(
                        platform.path("os").asText(""),
                        platform.path("architecture").asText(""),
                        platform.path("variant").asText("")));
    }
}
