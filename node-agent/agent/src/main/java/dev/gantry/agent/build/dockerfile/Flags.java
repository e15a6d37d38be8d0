package dev.gantry.agent.build.dockerfile;

import dev.gantry.agent.build.dockerfile.Instruction.Word;
import dev.gantry.common.spelling.Spelling;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The {@code --name=value} words between a keyword and its arguments. */
final class Flags {
    /** Exist in other builders; each is refused with the reason. */
    private static final Map<String, String> REFUSED = Map.of(
            "mount", "RUN --mount is not supported; COPY what the command needs into the image or an earlier stage",
            "network", "RUN --network takes only none here: a build step never has a network",
            "security", "RUN --security is not supported: a build step never has more rights than a container",
            "checksum", "--checksum belongs to ADD of a URL, which is not supported; put the file into the context",
            "keep-git-dir", "--keep-git-dir belongs to ADD of a repository, which is not supported",
            "parents", "COPY --parents is not supported; copy each directory to its own destination",
            "exclude", "COPY --exclude is not supported; name the files in .dockerignore",
            "unpack", "ADD --unpack is not supported; ADD unpacks local archives and COPY does not");

    private final Map<String, Word> values = new LinkedHashMap<>();
    private final SourceText rest;

    private Flags(SourceText rest) {
        this.rest = rest;
    }

    /** @param known names without the hyphens */
    static Flags parse(SourceText arguments, Set<String> known) throws DockerfileException {
        Map<String, Word> values = new LinkedHashMap<>();
        SourceText rest = arguments;
        while (rest.text().startsWith("--")) {
            int end = endOfWord(rest);
            if (end == 2) {
                rest = rest.substring(end).strip();
                break;
            }
            int equals = rest.text().substring(0, end).indexOf('=');
            String name = rest.text().substring(2, equals < 0 ? end : equals);
            check(name, known, rest.position(0));
            Word value = equals < 0
                    ? new Word("", rest.position(end))
                    : new Word(rest.text().substring(equals + 1, end), rest.position(equals + 1));
            if (values.put(name, value) != null) {
                throw new DockerfileException(rest.position(0), "the flag --%s is given twice".formatted(name));
            }
            rest = rest.substring(end).strip();
        }
        Flags flags = new Flags(rest);
        flags.values.putAll(values);
        return flags;
    }

    /** Null when the flag was not given. */
    @Nullable
    Word get(String name) throws DockerfileException {
        Word value = values.get(name);
        if (value != null && value.text().isEmpty()) {
            throw new DockerfileException(
                    value.position(), "the flag --%s has no value; expected --%s=…".formatted(name, name));
        }
        return value;
    }

    /** What follows the flags. */
    SourceText rest() {
        return rest;
    }

    private static void check(String name, Set<String> known, Position position) throws DockerfileException {
        if (known.contains(name)) {
            return;
        }
        String reason = REFUSED.get(name);
        throw new DockerfileException(
                position,
                reason != null
                        ? reason
                        : "unknown flag --%s; expected %s%s"
                                .formatted(
                                        name,
                                        known.isEmpty()
                                                ? "none"
                                                : "--"
                                                        + String.join(
                                                                ", --",
                                                                known.stream()
                                                                        .sorted()
                                                                        .toList()),
                                        Spelling.nearest(name, known)
                                                .map("; did you mean --%s?"::formatted)
                                                .orElse("")));
    }

    private static int endOfWord(SourceText text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isWhitespace(text.charAt(i))) {
                return i;
            }
        }
        return text.length();
    }
}
