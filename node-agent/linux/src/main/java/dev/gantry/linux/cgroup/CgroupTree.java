package dev.gantry.linux.cgroup;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The agent's subtree in every hierarchy that it needs. Everything of Gantry on a host is beneath it; nothing else is ever touched. Safe for use by many threads.
 * Calls may block on the kernel: they are made on native threads.
 */
public final class CgroupTree {
    private static final List<String> VERSION_1 = List.of("cpu", "cpuacct", "memory", "pids", "freezer");
    private static final Set<String> VERSION_2 = Set.of("cpu", "memory", "pids", "io", "cpuset");
    private static final String LAUNCHERS = "launchers";

    private final String name;
    private final CgroupLayout layout;
    private final CgroupMounts mounts;
    private final List<Hierarchy> hierarchies;

    /**
     * @param mount where it is mounted
     * @param controllers of version 1; empty for version 2
     */
    record Hierarchy(Path mount, Set<String> controllers) {
        boolean isUnified() {
            return controllers.isEmpty();
        }
    }

    private CgroupTree(String name, CgroupMounts mounts) {
        this.name = requireNonNull(name, "name is null");
        this.mounts = mounts;
        this.layout = mounts.layout();
        this.hierarchies = hierarchies(mounts, layout);
    }

    /** The tree of this name, a relative path such as {@code gantry}. Nothing is made yet. */
    public static CgroupTree of(String name) throws IOException {
        return new CgroupTree(name, CgroupMounts.read());
    }

    static CgroupTree of(String name, CgroupMounts mounts) {
        return new CgroupTree(name, mounts);
    }

    private static List<Hierarchy> hierarchies(CgroupMounts mounts, CgroupLayout layout) {
        List<Hierarchy> result = new ArrayList<>();
        mounts.unified().ifPresent(mount -> result.add(new Hierarchy(mount, Set.of())));
        if (layout == CgroupLayout.V2) {
            return List.copyOf(result);
        }
        Map<Path, Set<String>> byMount = new LinkedHashMap<>();
        for (String controller : VERSION_1) {
            Path mount = mounts.controllers().get(controller);
            // version 2 freezes and kills better, also without controllers
            boolean wanted = !controller.equals("freezer") || layout == CgroupLayout.V1;
            if (mount != null && wanted) {
                byMount.computeIfAbsent(mount, ignored -> new TreeSet<>()).add(controller);
            }
        }
        byMount.forEach((mount, controllers) -> result.add(new Hierarchy(mount, controllers)));
        return List.copyOf(result);
    }

    public String name() {
        return name;
    }

    public CgroupLayout layout() {
        return layout;
    }

    /**
     * Makes a group with its parents, or takes the one that is there, and sets its limits.
     *
     * @param path beneath the tree, such as {@code pods/UID/ID}
     */
    public Cgroup create(String path, CgroupLimits limits) throws IOException {
        Cgroup cgroup = group(path);
        make(Path.of(name).resolve(path));
        cgroup.setLimits(limits);
        return cgroup;
    }

    /** Makes the tree, and sets limits of the whole: how its processes stand against all others of the host. */
    public void create(CgroupLimits limits) throws IOException {
        make(Path.of(name));
        at("", Path.of(name)).setLimits(limits);
    }

    private void make(Path relative) throws IOException {
        for (Hierarchy hierarchy : hierarchies) {
            Path directory = hierarchy.mount();
            for (Path part : relative) {
                if (hierarchy.isUnified()) {
                    enableControllers(directory);
                }
                directory = directory.resolve(part);
                if (!Files.isDirectory(directory)) {
                    Files.createDirectories(directory);
                }
            }
        }
    }

    /** The group at a path, whether it is there or not. */
    public Cgroup group(String path) {
        Path relative = Path.of(name).resolve(path).normalize();
        if (Path.of(path).isAbsolute() || !relative.startsWith(name) || relative.equals(Path.of(name))) {
            throw new IllegalArgumentException("Not a path beneath the tree: " + path);
        }
        return at(path, relative);
    }

    private Cgroup at(String path, Path relative) {
        Map<String, Path> controllers = new LinkedHashMap<>();
        Optional<Path> unified = Optional.empty();
        for (Hierarchy hierarchy : hierarchies) {
            Path directory = hierarchy.mount().resolve(relative);
            if (hierarchy.isUnified()) {
                unified = Optional.of(directory);
            }
            hierarchy.controllers().forEach(controller -> controllers.put(controller, directory));
        }
        return new Cgroup(path, controllers, unified);
    }

    /**
     * The groups into which a launcher or the namespace holder puts itself, so that neither the agent's service nor its limits reach it: one in each hierarchy in which the
     * agent is not at the root. Made here.
     */
    public List<Path> launcherCgroups() throws IOException {
        List<Path> result = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
            String[] fields = line.split(":", 3);
            if (fields[2].equals("/") || fields[2].startsWith("/" + name + "/")) {
                continue;
            }
            Optional<Path> mount = fields[1].isEmpty()
                    ? mounts.unified()
                    : Optional.ofNullable(mounts.controllers().get(fields[1].split(",")[0]));
            if (mount.isEmpty() || fields[1].contains("cpuset")) {
                continue; // a new cpuset of version 1 has no CPUs
            }
            Path directory = mount.get().resolve(name).resolve(LAUNCHERS);
            Files.createDirectories(directory);
            result.add(directory);
        }
        return result;
    }

    /**
     * What a container mounts at /sys/fs/cgroup, in the launcher's terms: one empty entry for version 2 alone, else NAME:OPTION for each hierarchy that its group is in.
     */
    public List<String> mountsInside() {
        if (layout == CgroupLayout.V2) {
            return List.of("");
        }
        return hierarchies.stream()
                .map(hierarchy -> hierarchy.isUnified()
                        ? "unified:"
                        : "%s:%s".formatted(hierarchy.mount().getFileName(), String.join(",", hierarchy.controllers())))
                // a hierarchy with several controllers has to be asked for by all of them; one name stands for the rest
                .map(entry -> entry.replaceAll(":([^,]*),.*", ":$1"))
                .toList();
    }

    /** The paths of the groups right beneath a path, in any hierarchy. */
    public Set<String> children(String path) throws IOException {
        Set<String> names = new TreeSet<>();
        for (Hierarchy hierarchy : hierarchies) {
            Path directory = hierarchy.mount().resolve(name).resolve(path);
            if (!Files.isDirectory(directory)) {
                continue;
            }
            try (var entries = Files.newDirectoryStream(directory, Files::isDirectory)) {
                entries.forEach(entry -> names.add(entry.getFileName().toString()));
            }
        }
        return names;
    }

    /** Removes the whole tree with everything beneath. Processes in it are killed. */
    public void delete() throws IOException {
        for (String child : children("")) {
            group(child).kill();
            group(child).delete();
        }
        Set<Path> mountPoints =
                new java.util.LinkedHashSet<>(mounts.controllers().values());
        mounts.unified().ifPresent(mountPoints::add);
        for (Path mount : mountPoints) {
            Cgroup.deleteTree(mount.resolve(name));
        }
    }

    private void enableControllers(Path directory) throws IOException {
        if (layout != CgroupLayout.V2) {
            return;
        }
        Path control = directory.resolve("cgroup.subtree_control");
        Set<String> present = Set.of(Files.readString(directory.resolve("cgroup.controllers"))
                .strip()
                .split(" "));
        Set<String> enabled = Set.of(Files.readString(control).strip().split(" "));
        for (String controller : VERSION_2) {
            if (present.contains(controller) && !enabled.contains(controller)) {
                Cgroup.write(control, "+" + controller);
            }
        }
    }
}
