package dev.gantry.linux.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where this host's cgroup hierarchies are mounted.
 *
 * @param controllers mount point of each version 1 controller or named hierarchy ({@code name=systemd})
 * @param unified mount point of version 2
 */
public record CgroupMounts(Map<String, Path> controllers, Optional<Path> unified) {
    private static final Set<String> NEEDED = Set.of("cpu", "memory", "pids");

    /** As this process sees them now. */
    public static CgroupMounts read() throws IOException {
        return parse(Files.readString(Path.of("/proc/self/mountinfo")));
    }

    /** @param mountinfo see proc(5) */
    static CgroupMounts parse(String mountinfo) {
        Map<String, Path> controllers = new LinkedHashMap<>();
        Optional<Path> unified = Optional.empty();
        for (String line : mountinfo.split("\n")) {
            int dash = line.indexOf(" - ");
            if (dash < 0) {
                continue;
            }
            String[] before = line.substring(0, dash).split(" ");
            String[] after = line.substring(dash + 3).split(" ");
            Path point = Path.of(before[4].replace("\\040", " "));
            if (after[0].equals("cgroup2") && unified.isEmpty()) {
                unified = Optional.of(point);
            } else if (after[0].equals("cgroup")) {
                for (String option : after[2].split(",")) {
                    if (!option.equals("rw")
                            && !option.equals("ro")
                            && !option.equals("xattr")
                            && !option.startsWith("release_agent=")
                            && !option.equals("clone_children")
                            && !option.equals("noprefix")
                            && !option.equals("none")) {
                        controllers.putIfAbsent(option, point);
                    }
                }
            }
        }
        return new CgroupMounts(controllers, unified);
    }

    public CgroupLayout layout() {
        if (NEEDED.stream().noneMatch(controllers::containsKey)) {
            return CgroupLayout.V2;
        }
        return unified.isPresent() ? CgroupLayout.HYBRID : CgroupLayout.V1;
    }
}
