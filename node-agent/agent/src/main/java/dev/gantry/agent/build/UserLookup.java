package dev.gantry.agent.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.agent.image.MergedTree;
import java.io.IOException;
import java.util.Optional;

/** Users and groups of {@code --chown}: numbers, or names in the image's own /etc/passwd and /etc/group. */
final class UserLookup {
    private static final int MAX_BYTES = 1 << 20;

    private UserLookup() {}

    static CopyPlan.Override owner(MergedTree tree, String text, int line) throws IOException, BuildFailure {
        int colon = text.indexOf(':');
        String user = colon < 0 ? text : text.substring(0, colon);
        Optional<String[]> entry =
                isNumber(user) ? Optional.empty() : Optional.of(find(tree, "etc/passwd", user, line));
        int uid = entry.isPresent() ? number(entry.get(), 2, user, line) : parse(user, line);
        if (colon < 0) {
            return new CopyPlan.Override(uid, entry.isPresent() ? number(entry.get(), 3, user, line) : uid, null);
        }
        String group = text.substring(colon + 1);
        int gid = isNumber(group) ? parse(group, line) : number(find(tree, "etc/group", group, line), 2, group, line);
        return new CopyPlan.Override(uid, gid, null);
    }

    private static String[] find(MergedTree tree, String file, String name, int line) throws IOException, BuildFailure {
        String content = tree.read(file, MAX_BYTES)
                .map(bytes -> new String(bytes, UTF_8))
                .orElse("");
        for (String entry : content.split("\n")) {
            String[] fields = entry.split(":");
            if (fields.length > 2 && !name.isEmpty() && fields[0].equals(name)) {
                return fields;
            }
        }
        throw new BuildFailure(
                line,
                "the name %s of --chown is not in the image's /%s; add it there or give a number"
                        .formatted(name, file));
    }

    private static int number(String[] fields, int index, String name, int line) throws BuildFailure {
        if (fields.length <= index || !isNumber(fields[index])) {
            throw new BuildFailure(
                    line, "the image's entry for %s has no number; expected name:x:number:…".formatted(name));
        }
        return parse(fields[index], line);
    }

    private static boolean isNumber(String text) {
        return text.matches("\\d{1,10}");
    }

    private static int parse(String text, int line) throws BuildFailure {
        long value = Long.parseLong(text);
        if (value > 0xFFFF_FFFEL) {
            throw new BuildFailure(line, "the id %s is too large; expected at most 4294967294".formatted(text));
        }
        return (int) value;
    }
}
