package dev.gantry.e2e.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The first process of a container, as the host sees it.
 *
 * @param pid on the host
 * @param start in clock ticks since boot: with the pid it names the process for good
 * @param command its command line, words separated by spaces
 */
public record ContainerProcess(long pid, long start, String command) implements Comparable<ContainerProcess> {
    /** In /proc/PID/stat, counted from the field after the name (proc(5)). */
    private static final int START_FIELD = 19;

    /** Those of all containers of a host that run now. */
    public static Set<ContainerProcess> of(TestHost host) {
        try (Stream<Path> entries = Files.list(host.path("/proc"))) {
            return entries.filter(entry -> entry.getFileName().toString().matches("\\d+"))
                    .flatMap(ContainerProcess::read)
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<ContainerProcess> read(Path process) {
        try {
            boolean first = Files.readAllLines(process.resolve("status")).stream()
                    .anyMatch(line -> line.matches("NSpid:\\s+\\d+\\s+1"));
            if (!first) {
                return Stream.empty();
            }
            String stat = Files.readString(process.resolve("stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Stream.of(new ContainerProcess(
                    Long.parseLong(process.getFileName().toString()),
                    Long.parseLong(fields[START_FIELD]),
                    Files.readString(process.resolve("cmdline"))
                            .replace('\0', ' ')
                            .strip()));
        } catch (IOException e) {
            return Stream.empty(); // it has just ended
        }
    }

    @Override
    public int compareTo(ContainerProcess other) {
        return Long.compare(pid, other.pid);
    }
}
