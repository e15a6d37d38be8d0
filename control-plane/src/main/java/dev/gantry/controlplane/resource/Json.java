package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/** JSON as the API reads and writes it, bounded against hostile nesting and length. */
public final class Json {
    /** Deep enough for every kind and for embedded schemas; far too shallow to exhaust a stack. */
    private static final int MAXIMUM_DEPTH = 100;

    private static final int MAXIMUM_STRING = 3 * 1024 * 1024;

    private static final StreamReadConstraints BOUNDS = StreamReadConstraints.builder()
            .maxNestingDepth(MAXIMUM_DEPTH)
            .maxStringLength(MAXIMUM_STRING)
            .maxNumberLength(64)
            .build();

    public static final ObjectMapper MAPPER = mapper(false);
    private static final ObjectMapper WITHOUT_DUPLICATES = mapper(true);

    private Json() {}

    private static ObjectMapper mapper(boolean refuseDuplicates) {
        return JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(BOUNDS)
                        .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, refuseDuplicates)
                        .build())
                .build();
    }

    /** @param refuseDuplicates whether a field written twice is an error */
    public static JsonNode read(byte[] json, boolean refuseDuplicates) throws IOException {
        // Only here: model classes read trees in the middle of a document (Quantity does), where more tokens follow by
        // right.
        JsonNode tree = (refuseDuplicates ? WITHOUT_DUPLICATES : MAPPER)
                .reader(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .readTree(json);
        return tree == null ? JsonNodeFactory.instance.missingNode() : tree;
    }

    /** Reads what this server wrote. */
    static ObjectNode readObject(byte[] json) {
        try {
            return (ObjectNode) MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static byte[] write(JsonNode tree) {
        try {
            return MAPPER.writeValueAsBytes(tree);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
