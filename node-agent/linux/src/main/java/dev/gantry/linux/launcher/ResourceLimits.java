package dev.gantry.linux.launcher;

import java.util.List;

/** The names of resource limits, as {@code docker run --ulimit} and prlimit(1) have them, in the order of their numbers (getrlimit(2)). */
public final class ResourceLimits {
    private static final List<String> NAMES = List.of(
            "cpu",
            "fsize",
            "data",
            "stack",
            "core",
            "rss",
            "nproc",
            "nofile",
            "memlock",
            "as",
            "locks",
            "sigpending",
            "msgqueue",
            "nice",
            "rtprio",
            "rttime");

    private ResourceLimits() {}

    /** @throws IllegalArgumentException naming one that is none */
    public static int number(String name) {
        int number = NAMES.indexOf(name);
        if (number < 0) {
            throw new IllegalArgumentException(
                    "There is no resource limit %s; expected one of %s".formatted(name, String.join(", ", NAMES)));
        }
        return number;
    }
}
