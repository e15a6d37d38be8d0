package dev.gantry.e2e.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a machine has that Gantry could leave behind: processes, namespaces, mounts, cgroups, links, addresses, routes, rules, neighbours, nftables,
 * network settings, and files outside the state directory. Two snapshots are compared line by line.
 *
 * @param sections lines by what they are of
 */
public record HostSnapshot(Map<String, TreeSet<String>> sections) {
    private static final List<Path> WATCHED_FOLDERS = List.of(
            Path.of("/run"),
            Path.of("/etc"),
            Path.of("/var/lib"),
            Path.of("/var/log"),
            Path.of("/opt"),
            Path.of("/root"));

    /** @param ownPid a process whose descendants are the test's own, and not counted */
    public static HostSnapshot take(TestHost host, long ownPid) {
        Map<String, TreeSet<String>> sections = new TreeMap<>();
        sections.put("processes", processes(ownPid));
        sections.put("namespaces", namespaces(ownPid));
        sections.put("mounts", mounts());
        sections.put("cgroups", cgroups());
        for (String what : List.of("link", "address", "route", "rule", "neighbour")) {
            String[] command = what.equals("route")
                    ? new String[] {"ip", "route", "show", "table", "all"}
                    : new String[] {"ip", "-o", what, "show"};
            sections.put(what, lines(host.inside(command).ok().stdout()));
        }
        sections.put(
                "nftables", lines(host.inside("nft", "list", "ruleset").ok().stdout()));
        sections.put(
                "settings",
                lines(host.inside("sh", "-c", "grep -r . /proc/sys/net 2>/dev/null || true")
                        .stdout()));
        sections.put("files", files());
        return new HostSnapshot(sections);
    }

    /** Lines that are in one snapshot only, with a plus or a minus before them. */
    public List<String> difference(HostSnapshot after) {
        return sections.keySet().stream()
                .flatMap(section -> {
                    TreeSet<String> added = new TreeSet<>(after.sections.getOrDefault(section, new TreeSet<>()));
                    added.removeAll(sections.getOrDefault(section, new TreeSet<>()));
                    TreeSet<String> removed = new TreeSet<>(sections.getOrDefault(section, new TreeSet<>()));
                    removed.removeAll(after.sections.getOrDefault(section, new TreeSet<>()));
                    return Stream.concat(
                            added.stream().map(line -> "+ " + section + ": " + line),
                            removed.stream().map(line -> "- " + section + ": " + line));
                })
                .toList();
    }

    private static TreeSet<String> processes(long ownPid) {
        return ProcessHandle.allProcesses()
                .filter(p -> !descends(p, ownPid))
                .map(p -> p.pid() + " " + p.info().command().orElse(comm(p.pid())))
                .filter(line -> !line.contains("kworker") && !line.matches("\\d+ (|ksoftirqd.*|kthreadd)"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean descends(ProcessHandle process, long ownPid) {
        for (ProcessHandle at = process; at != null; at = at.parent().orElse(null)) {
            if (at.pid() == ownPid) {
                return true;
            }
        }
        return false;
    }

    private static String comm(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "comm"))
                    .strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static TreeSet<String> namespaces(long ownPid) {
        TreeSet<String> found = new TreeSet<>();
        ProcessHandle.allProcesses().filter(p -> !descends(p, ownPid)).forEach(p -> {
            try (Stream<Path> entries = Files.list(Path.of("/proc", Long.toString(p.pid()), "ns"))) {
                for (Path entry : entries.toList()) {
                    found.add(Files.readSymbolicLink(entry).toString());
                }
            } catch (IOException | UncheckedIOException e) {
                // it ended meanwhile
            }
        });
        return found;
    }

    private static TreeSet<String> mounts() {
        try {
            return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                    .map(line -> line.replaceFirst("^\\d+ \\d+ ", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TreeSet<String> cgroups() {
        return tree(Path.of("/sys/fs/cgroup"), 6, true);
    }

    private static TreeSet<String> files() {
        TreeSet<String> files = new TreeSet<>();
        WATCHED_FOLDERS.forEach(folder -> files.addAll(tree(folder, 4, false)));
        files.removeIf(f -> f.startsWith("/root/.m2")
                || f.startsWith("/root/.npm")
                || f.startsWith("/var/lib/apt")
                || f.startsWith("/var/lib/dpkg"));
        return files;
    }

    private static TreeSet<String> tree(Path folder, int depth, boolean directoriesOnly) {
        try (Stream<Path> paths =
                Files.find(folder, depth, (path, attributes) -> !directoriesOnly || attributes.isDirectory())) {
            return paths.map(Path::toString).collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException | UncheckedIOException e) {
            return Files.exists(folder, LinkOption.NOFOLLOW_LINKS)
                    ? new TreeSet<>(List.of(folder + " (unreadable)"))
                    : new TreeSet<>();
        }
    }

    private static TreeSet<String> lines(String text) {
        return text.lines()
                .map(line -> line.replaceAll("\\b(valid_lft|preferred_lft|expires) \\S+", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
