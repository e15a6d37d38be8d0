package dev.gantry.e2e.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a host has that Gantry could leave behind: processes, namespaces, mounts, cgroups, links, addresses, routes, rules, neighbours, nftables, network
 * settings, and files outside the state directory. Two snapshots are compared line by line.
 *
 * @param sections lines by what they are of
 */
public record HostSnapshot(Map<String, TreeSet<String>> sections) {
    /** Where files that were written since the host began lie; /run is in memory as on every host. */
    private static final List<String> WRITTEN = List.of("/mnt/changes", "/run");

    private static final int CGROUP_DEPTH = 6;

    public static HostSnapshot take(TestHost host) {
        Map<String, TreeSet<String>> sections = new TreeMap<>();
        sections.put("processes", processes(host));
        sections.put("namespaces", namespaces(host));
        sections.put("mounts", mounts(host));
        sections.put("cgroups", cgroups(host));
        for (String what : List.of("link", "address", "route", "rule", "neighbour")) {
            String[] command = what.equals("route")
                    ? new String[] {"ip", "route", "show", "table", "all"}
                    : new String[] {"ip", "-o", what, "show"};
            sections.put(what, lines(host.inside(command).ok().stdout()));
        }
        sections.put(
                "nftables", lines(host.inside("nft", "list", "ruleset").ok().stdout()));
        // less the one file there that counts: connections that the kernel still remembers
        sections.put(
                "settings",
                lines(host.inside(
                                "sh", "-c", "grep -r --exclude=nf_conntrack_count . /proc/sys/net 2>/dev/null || true")
                        .stdout()));
        sections.put("files", files(host));
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

    /** How many lines there are of something. */
    public int count(String section) {
        return sections.getOrDefault(section, new TreeSet<>()).size();
    }

    private static TreeSet<String> processes(TestHost host) {
        TreeSet<String> found = new TreeSet<>();
        for (Path process : pids(host)) {
            try {
                String command = Files.readString(process.resolve("cmdline")).replace('\0', ' ');
                found.add(process.getFileName() + " " + command);
            } catch (IOException e) {
                // it has just ended
            }
        }
        return found;
    }

    private static TreeSet<String> namespaces(TestHost host) {
        TreeSet<String> found = new TreeSet<>();
        for (Path process : pids(host)) {
            try (Stream<Path> entries = Files.list(process.resolve("ns"))) {
                for (Path entry : entries.toList()) {
                    found.add(Files.readSymbolicLink(entry).toString());
                }
            } catch (IOException | UncheckedIOException e) {
                // it has just ended
            }
        }
        return found;
    }

    private static List<Path> pids(TestHost host) {
        try (Stream<Path> entries = Files.list(host.path("/proc"))) {
            return entries.filter(entry -> entry.getFileName().toString().matches("\\d+"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TreeSet<String> mounts(TestHost host) {
        try {
            return Files.readAllLines(host.path("/proc/1/mountinfo")).stream()
                    .map(line -> line.replaceFirst("^\\d+ \\d+ ", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those of this host: the tree is the one thing that hosts of tests share. */
    private static TreeSet<String> cgroups(TestHost host) {
        TreeSet<String> found = new TreeSet<>();
        try {
            Files.walkFileTree(Path.of("/sys/fs/cgroup"), Set.of(), CGROUP_DEPTH, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
                    if (path.toString().contains("/" + host.cgroup())) {
                        found.add(path.toString());
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path path, IOException e) {
                    return FileVisitResult.CONTINUE; // another's, which has just gone
                }

                @Override
                public FileVisitResult postVisitDirectory(Path path, @Nullable IOException e) {
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static TreeSet<String> files(TestHost host) {
        TreeSet<String> found = new TreeSet<>();
        for (String folder : WRITTEN) {
            Path root = host.path(folder);
            try (Stream<Path> paths = Files.walk(root)) {
                for (Path path : paths.toList()) {
                    found.add(describe(folder + "/" + root.relativize(path), path));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return found;
    }

    private static String describe(String name, Path path) throws IOException {
        PosixFileAttributes attributes =
                Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return "%s %s owner %s:%s%s"
                .formatted(
                        name,
                        PosixFilePermissions.toString(attributes.permissions()),
                        attributes.owner().getName(),
                        attributes.group().getName(),
                        attributes.isDirectory() ? "" : ", " + attributes.size() + " bytes");
    }

    private static TreeSet<String> lines(String text) {
        return text.lines()
                .map(line -> line.replaceAll("\\b(valid_lft|preferred_lft|expires) \\S+", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
