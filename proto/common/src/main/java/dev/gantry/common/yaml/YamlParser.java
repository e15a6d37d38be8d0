package dev.gantry.common.yaml;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Reads YAML into JSON trees with positions. Size, depth and the number of nodes after expansion of aliases are bounded, so that an alias bomb fails
 * quickly. Plain scalars mean what they mean to kubectl (YAML 1.1 booleans and octal numbers, see {@link PlainScalars}). Stateless.
 */
public final class YamlParser {
    /** Characters of one stream. */
    static final int MAX_CHARACTERS = 8 * 1024 * 1024;

    static final int MAX_DEPTH = 100;
    static final int MAX_NODES = 500_000;
    private static final String MERGE_KEY = "<<";
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private YamlParser() {}

    /**
     * @param text a stream of documents; empty ones are left out
     * @throws YamlException with the first problem
     */
    public static List<YamlDocument> parse(String text) throws YamlException {
        if (text.length() > MAX_CHARACTERS) {
            throw new YamlException(
                    "the file has %d characters; at most %d are read".formatted(text.length(), MAX_CHARACTERS),
                    new YamlPosition(1, 1));
        }
        LoadSettings settings = LoadSettings.builder()
                .setUseMarks(true)
                .setCodePointLimit(MAX_CHARACTERS)
                .setAllowRecursiveKeys(false)
                .setMaxAliasesForCollections(Integer.MAX_VALUE) // counted after expansion instead
                .build();
        List<YamlDocument> documents = new ArrayList<>();
        try {
            checkDepth(text, settings);
            Iterator<Node> nodes =
                    new Compose(settings).composeAllFromString(text).iterator();
            while (nodes.hasNext()) {
                Node node = nodes.next();
                Reading reading = new Reading();
                JsonNode root = reading.convert(node, "", 0);
                if (!root.isNull()) {
                    documents.add(new YamlDocument(root, position(node.getStartMark()), reading.positions));
                }
            }
        } catch (MarkedYamlEngineException e) {
            throw new YamlException(describe(e), position(e.getProblemMark().or(e::getContextMark)));
        } catch (YamlEngineException e) {
            throw new YamlException(String.valueOf(e.getMessage()), new YamlPosition(1, 1));
        }
        return documents;
    }

    /** The composer recurses, the event parser doesn't: depth is checked on events, before the stack could overflow. */
    private static void checkDepth(String text, LoadSettings settings) throws YamlException {
        int depth = 0;
        for (Event event : new Parse(settings).parseString(text)) {
            switch (event.getEventId()) {
                case MappingStart, SequenceStart -> depth++;
                case MappingEnd, SequenceEnd -> depth--;
                default -> {}
            }
            if (depth > MAX_DEPTH) {
                throw new YamlException(
                        "nested more than %d levels deep".formatted(MAX_DEPTH), position(event.getStartMark()));
            }
        }
    }

    private static String describe(MarkedYamlEngineException e) {
        String problem = String.valueOf(e.getProblem());
        if (problem.contains("cannot start any token") && problem.contains("TAB")) {
            return "a tab where YAML allows only spaces: indent with spaces";
        }
        if (problem.contains("mapping values are not allowed here")) {
            return "a ':' where no key can be: check the indentation of this line, or quote the value";
        }
        if (problem.contains("expected <block end>")) {
            return "this line is not indented as the lines that it follows: align it with its neighbours, or with its parent";
        }
        String context = e.getContext();
        return context == null || context.isEmpty() ? problem : context + ": " + problem;
    }

    private static YamlPosition position(Optional<Mark> mark) {
        return mark.map(m -> new YamlPosition(m.getLine() + 1, m.getColumn() + 1))
                .orElse(new YamlPosition(1, 1));
    }

    /** One document's conversion: where its fields are, and how much of it there is. */
    private static final class Reading {
        final Map<String, YamlPosition> positions = new HashMap<>();
        private int count;

        JsonNode convert(Node node, String path, int depth) throws YamlException {
            count++;
            if (count > MAX_NODES) {
                throw new YamlException(
                        "more than %d values once aliases (*name) are written out; no object needs so many: write what is needed without them"
                                .formatted(MAX_NODES),
                        position(node.getStartMark()));
            }
            if (depth > 2 * MAX_DEPTH) { // aliases nest deeper than the text does
                throw new YamlException(
                        "nested more than %d levels deep after aliases are expanded".formatted(2 * MAX_DEPTH),
                        position(node.getStartMark()));
            }
            return switch (node) {
                case ScalarNode scalar -> scalar(scalar);
                case SequenceNode sequence -> sequence(sequence, path, depth);
                case MappingNode mapping -> mapping(mapping, path, depth);
                default ->
                    throw new YamlException(
                            "unexpected " + node.getNodeType() + " here", position(node.getStartMark()));
            };
        }

        private static JsonNode scalar(ScalarNode scalar) {
            boolean plain = scalar.getScalarStyle() == ScalarStyle.PLAIN;
            boolean string = scalar.getTag().getValue().equals("tag:yaml.org,2002:str") && !plain;
            return plain && !string ? PlainScalars.resolve(scalar.getValue()) : JSON.textNode(scalar.getValue());
        }

        private ArrayNode sequence(SequenceNode sequence, String path, int depth) throws YamlException {
            ArrayNode array = JSON.arrayNode();
            int index = 0;
            for (Node item : sequence.getValue()) {
                String itemPath = path + "[" + index + "]";
                positions.putIfAbsent(itemPath, position(item.getStartMark()));
                array.add(convert(item, itemPath, depth + 1));
                index++;
            }
            return array;
        }

        private ObjectNode mapping(MappingNode mapping, String path, int depth) throws YamlException {
            ObjectNode object = JSON.objectNode();
            ObjectNode merged = JSON.objectNode();
            for (NodeTuple tuple : mapping.getValue()) {
                if (!(tuple.getKeyNode() instanceof ScalarNode keyNode)) {
                    throw new YamlException(
                            "a key must be a plain name",
                            position(tuple.getKeyNode().getStartMark()));
                }
                String key = keyNode.getValue();
                if (key.equals(MERGE_KEY) && keyNode.getScalarStyle() == ScalarStyle.PLAIN) {
                    merge(merged, tuple.getValueNode(), path, depth);
                    continue;
                }
                if (object.has(key)) {
                    throw new YamlException(
                            "the key \"%s\" is here twice: remove one".formatted(key),
                            position(keyNode.getStartMark()));
                }
                String childPath = path.isEmpty() ? key : path + "." + key;
                positions.putIfAbsent(childPath, position(keyNode.getStartMark()));
                object.set(key, convert(tuple.getValueNode(), childPath, depth + 1));
            }
            merged.properties().forEach(entry -> {
                if (!object.has(entry.getKey())) {
                    object.set(entry.getKey(), entry.getValue());
                }
            });
            return object;
        }

        private void merge(ObjectNode merged, Node value, String path, int depth) throws YamlException {
            JsonNode source = convert(value, path, depth + 1);
            List<JsonNode> sources = new ArrayList<>();
            if (source.isArray()) {
                source.forEach(sources::add);
            } else {
                sources.add(source);
            }
            for (JsonNode one : sources) {
                if (!one.isObject()) {
                    throw new YamlException(
                            "<< merges a mapping, or a list of mappings", position(value.getStartMark()));
                }
                one.properties().forEach(entry -> {
                    if (!merged.has(entry.getKey())) {
                        merged.set(entry.getKey(), entry.getValue());
                    }
                });
            }
        }
    }
}
