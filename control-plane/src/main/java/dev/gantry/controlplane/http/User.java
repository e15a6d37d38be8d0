package dev.gantry.controlplane.http;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Who asks.
 *
 * @param name such as {@code system:node:a1}
 * @param groups such as {@code system:nodes}
 */
public record User(String name, List<String> groups) {
    /** Whoever shows no credentials; reaches open paths only. */
    public static final User ANONYMOUS = new User("system:anonymous", List.of("system:unauthenticated"));

    public User {
        requireNonNull(name, "name is null");
        groups = List.copyOf(groups);
    }

    public boolean isIn(String group) {
        return groups.contains(group);
    }
}
