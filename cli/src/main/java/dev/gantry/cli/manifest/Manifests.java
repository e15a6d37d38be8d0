package dev.gantry.cli.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.Failure;
import dev.gantry.common.yaml.YamlDocument;
import dev.gantry.common.yaml.YamlException;
import dev.gantry.common.yaml.YamlParser;
import dev.gantry.common.yaml.YamlPosition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads manifests from files, folders and standard input: all of them, before the first is acted on. */
public final class Manifests {
    private static final List<String> SUFFIXES = List.of(".yaml", ".yml", ".json");

    private Manifests() {}

    /**
     * @param sources files, folders (their .yaml, .yml and .json files by name), or {@code -}
     * @throws Failure naming the file, line and column of every problem
     */
    public static List<Manifest> read(List<String> sources, InputStream standardInput) {
        List<Manifest> manifests = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (String source : sources) {
            for (String file : expand(source)) {
                try {
                    String text = file.equals("-")
                            ? new String(standardInput.readAllBytes(), UTF_8)
                            : Files.readString(Path.of(file));
                    addAll(manifests, problems, file, YamlParser.parse(text));
                } catch (YamlException e) {
                    problems.add("%s:%s: %s".formatted(file, e.position(), e.getMessage()));
                } catch (NoSuchFileException e) {
                    problems.add("%s does not exist".formatted(file));
                } catch (java.nio.charset.CharacterCodingException e) {
                    problems.add("%s is not UTF-8 text".formatted(file));
                } catch (IOException e) {
                    problems.add("cannot read %s: %s".formatted(file, e.getMessage()));
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new Failure(String.join("\n        ", problems));
        }
        if (manifests.isEmpty()) {
            throw new Failure("no objects in %s".formatted(String.join(", ", sources)));
        }
        return manifests;
    }

    private static List<String> expand(String source) {
        Path path = Path.of(source);
        if (source.equals("-") || !Files.isDirectory(path)) {
            return List.of(source);
        }
        try (Stream<Path> files = Files.list(path)) {
            List<String> found = files.map(Path::toString)
                    .filter(f -> SUFFIXES.stream().anyMatch(f::endsWith))
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw new Failure("no .yaml, .yml or .json files in %s".formatted(source));
            }
            return found;
        } catch (IOException e) {
            throw new Failure("cannot list %s: %s".formatted(source, e.getMessage()), e);
        }
    }

    private static void addAll(
            List<Manifest> manifests, List<String> problems, String file, List<YamlDocument> documents) {
        for (YamlDocument document : documents) {
            if (document.root().path("kind").asText().endsWith("List")
                    && document.root().path("items").isArray()) {
                int index = 0;
                for (JsonNode item : document.root().path("items")) {
                    add(manifests, problems, file, document, item, "items[" + index + "].");
                    index++;
                }
            } else {
                add(manifests, problems, file, document, document.root(), "");
            }
        }
    }

    private static void add(
            List<Manifest> manifests,
            List<String> problems,
            String file,
            YamlDocument document,
            JsonNode node,
            String prefix) {
        if (!(node instanceof ObjectNode object)) {
            problems.add("%s:%s: expected an object with apiVersion, kind and metadata, found %s"
                    .formatted(file, document.start(), node.getNodeType().name().toLowerCase(java.util.Locale.ROOT)));
            return;
        }
        YamlPosition start = document.start();
        for (String field : List.of("apiVersion", "kind")) {
            if (!object.path(field).isTextual()) {
                problems.add("%s:%s: %s is missing: every object starts with apiVersion and kind"
                        .formatted(file, start, field));
                return;
            }
        }
        boolean named = object.at("/metadata/name").isTextual()
                || object.at("/metadata/generateName").isTextual();
        if (!named) {
            problems.add("%s:%s: metadata.name is missing or not a string (quote numbers and booleans)"
                    .formatted(file, document.position(prefix + "metadata.name")));
            return;
        }
        manifests.add(new Manifest(object, file, document, prefix));
    }
}
