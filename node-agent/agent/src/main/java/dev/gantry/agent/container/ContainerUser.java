package dev.gantry.agent.container;

import dev.gantry.agent.image.MergedTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who a container's processes are.
 *
 * @param home for HOME; / when the image says nothing
 */
record ContainerUser(int uid, int gid, List<Integer> groups, String home) {
    private static final int MAX_FILE = 1 << 20;
    private static final long MAX_ID = (1L << 32) - 2;
    private static final String REASON = "CreateContainerConfigError";

    ContainerUser {
        groups = List.copyOf(groups);
    }

    /**
     * Looks the user up as the USER instruction of Dockerfiles wants it: {@code user[:group]}, names or numbers, in the passwd and group files of the image. These are
     * read beneath the layers, as far as they are regular files; a link, FIFO or device there leads nowhere.
     *
     * @param layers the top one first
     */
    static ContainerUser find(List<Path> layers, String user, List<Long> additional)
            throws ContainerException, IOException {
        String[] parts = user.isEmpty() ? new String[] {"0"} : user.split(":", 2);
        try (MergedTree tree = MergedTree.open(layers)) {
            Optional<String[]> entry = entry(tree, "etc/passwd", parts[0], 7);
            long uid = id(parts[0])
                    .or(() -> entry.map(fields -> number(fields[2])))
                    .orElseThrow(() -> unknown("user", parts[0]));
            long gid = entry.map(fields -> number(fields[3])).orElse(0L);
            Set<Integer> groups = new LinkedHashSet<>();
            if (parts.length > 1) {
                gid = id(parts[1]).or(() -> groupNamed(tree, parts[1])).orElseThrow(() -> unknown("group", parts[1]));
            } else if (entry.isPresent()) {
                groups.addAll(memberships(tree, entry.get()[0]));
            }
            for (long group : additional) {
                groups.add((int) checked(group));
            }
            String home = entry.map(fields -> fields[5])
                    .filter(path -> !path.isEmpty())
                    .orElse("/");
            return new ContainerUser((int) checked(uid), (int) checked(gid), new ArrayList<>(groups), home);
        } catch (UnknownNameException e) {
            throw new ContainerException(REASON, String.valueOf(e.getMessage()), e);
        }
    }

    private static Optional<Long> id(String name) {
        return name.matches("[0-9]{1,10}") ? Optional.of(Long.parseLong(name)) : Optional.empty();
    }

    private static long number(String field) {
        return field.matches("[0-9]{1,10}") ? Long.parseLong(field) : MAX_ID + 1;
    }

    private static long checked(long id) {
        if (id < 0 || id > MAX_ID) {
            throw new UnknownNameException("A user or group id is %s; expected 0 to %s".formatted(id, MAX_ID));
        }
        return id;
    }

    private static Optional<Long> groupNamed(MergedTree tree, String name) {
        return entry(tree, "etc/group", name, 3).map(fields -> number(fields[2]));
    }

    private static List<Integer> memberships(MergedTree tree, String name) {
        List<Integer> result = new ArrayList<>();
        for (String line : lines(tree, "etc/group")) {
            String[] fields = line.split(":", -1);
            if (fields.length >= 4 && List.of(fields[3].split(",")).contains(name)) {
                result.add((int) checked(number(fields[2])));
            }
        }
        return result;
    }

    /** The line of a name, or of an id. */
    private static Optional<String[]> entry(MergedTree tree, String file, String key, int minFields) {
        for (String line : lines(tree, file)) {
            String[] fields = line.split(":", -1);
            if (fields.length >= minFields && (fields[0].equals(key) || fields[2].equals(key))) {
                return Optional.of(fields);
            }
        }
        return Optional.empty();
    }

    private static List<String> lines(MergedTree tree, String file) {
        try {
            return tree.read(file, MAX_FILE)
                    .map(bytes ->
                            new String(bytes, StandardCharsets.UTF_8).lines().toList())
                    .orElse(List.of());
        } catch (IOException e) {
            throw new UnknownNameException("The image's /%s can't be read: %s".formatted(file, e.getMessage()));
        }
    }

    private static UnknownNameException unknown(String what, String name) {
        return new UnknownNameException(
                "The image has no %s named '%s': use a numeric id, or add the name in its Dockerfile"
                        .formatted(what, name));
    }

    /** Lets lambdas say what is missing. */
    private static final class UnknownNameException extends RuntimeException {
        private static final long serialVersionUID = 1;

        UnknownNameException(String message) {
            super(message);
        }
    }
}
