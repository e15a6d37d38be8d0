package dev.gantry.controlplane.controller.deployment;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.schema.Meaning;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import java.util.Map;
import java.util.TreeMap;

/**
 * Equality and hash of pod templates. Both ignore the label {@code pod-template-hash}, the order of keys, nulls and empty values, and how amounts are
 * written, so that a template that a client has read and sent back is still the same.
 */
final class PodTemplates {
    static final String HASH_LABEL = "pod-template-hash";
    private static final ObjectMapper JSON = new ObjectMapper();
    // Kubernetes' alphabet for generated names: no vowels, no words.
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

    private PodTemplates() {}

    static boolean same(PodTemplateSpec one, PodTemplateSpec other) {
        return canonical(one).equals(canonical(other));
    }

    /** @param collisions changes the hash after another template was found under it */
    static String hash(PodTemplateSpec template, int collisions) {
        String text = canonical(template) + (collisions == 0 ? "" : "#" + collisions);
        int hash = 0x811c9dc5; // FNV-1a, 32 bits
        for (byte b : text.getBytes(UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x01000193;
        }
        StringBuilder safe = new StringBuilder();
        for (char digit : Integer.toUnsignedString(hash).toCharArray()) {
            safe.append(ALPHABET.charAt(digit % ALPHABET.length()));
        }
        return safe.toString();
    }

    private static String canonical(PodTemplateSpec template) {
        JsonNode tree = Meaning.of(template);
        if (tree.path("metadata").path("labels") instanceof ObjectNode labels) {
            labels.remove(HASH_LABEL);
        }
        return String.valueOf(canonical(tree));
    }

    private static JsonNode canonical(JsonNode node) {
        if (node instanceof ObjectNode object) {
            Map<String, JsonNode> sorted = new TreeMap<>();
            object.properties().forEach(entry -> {
                JsonNode value = canonical(entry.getValue());
                if (!value.isNull() && !(value.isContainerNode() && value.isEmpty())) {
                    sorted.put(entry.getKey(), value);
                }
            });
            ObjectNode copy = JSON.createObjectNode();
            sorted.forEach(copy::set);
            return copy;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode copy = JSON.createArrayNode();
            array.forEach(element -> copy.add(canonical(element)));
            return copy;
        }
        return node;
    }
}
