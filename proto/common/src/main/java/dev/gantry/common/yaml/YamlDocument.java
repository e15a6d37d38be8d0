package dev.gantry.common.yaml;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * One document of a YAML stream.
 *
 * @param root its content as a JSON tree
 * @param start where it begins
 * @param positions from field path ({@code spec.containers[0].image}) to the place of the key, or of the item for list elements
 */
public record YamlDocument(JsonNode root, YamlPosition start, Map<String, YamlPosition> positions) {
    public YamlDocument {
        requireNonNull(root, "root is null");
        requireNonNull(start, "start is null");
        positions = Map.copyOf(positions);
    }

    /**
     * Where {@code path} is written, or its nearest parent that is. Never null: the whole document's start when nothing of the path is found. Both
     * {@code labels.app} and {@code labels[app]} find a key.
     */
    public YamlPosition position(String path) {
        String candidate = path.replace("\"", "");
        while (!candidate.isEmpty()) {
            YamlPosition found = positions.get(candidate);
            if (found == null) {
                found = positions.get(candidate.replaceAll("\\[([^]]*\\D[^]]*)]", ".$1"));
            }
            if (found != null) {
                return found;
            }
            int cut = Math.max(candidate.lastIndexOf('.'), candidate.lastIndexOf('['));
            candidate = cut < 0 ? "" : candidate.substring(0, cut);
        }
        return start;
    }
}
