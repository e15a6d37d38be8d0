package dev.gantry.linux;

import dev.gantry.linux.cgroup.CgroupLayout;
import dev.gantry.linux.cgroup.CgroupMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the agent tells about its host.
 *
 * @param bootId differs after each boot: {@code /proc/sys/kernel/random/boot_id}
 * @param machineId of machine-id(5); empty where there is none
 * @param kernel release, such as 6.1.0-40-amd64
 * @param architecture as in images: amd64, arm64
 * @param memoryBytes of the whole host
 * @param cpus that this process may use
 */
public record HostFacts(
        String bootId,
        String machineId,
        String kernel,
        String architecture,
        String operatingSystem,
        long memoryBytes,
        int cpus,
        CgroupLayout cgroups) {
    /** Environment variable: the file with the boot id of this host, where it is not the kernel's. */
    public static final String BOOT_ID_FILE = "GANTRY_BOOT_ID_FILE";

    public static HostFacts read() throws IOException {
        return new HostFacts(
                currentBootId(),
                firstLine("/etc/machine-id"),
                firstLine("/proc/sys/kernel/osrelease"),
                imageArchitecture(System.getProperty("os.arch", "")),
                distribution(),
                totalMemory(Files.readString(Path.of("/proc/meminfo"))),
                Runtime.getRuntime().availableProcessors(),
                CgroupMounts.read().layout());
    }

    /** The kernel's, or that of a host which is only a namespace of a machine, as the environment says where. */
    public static String currentBootId() throws IOException {
        String file = System.getenv(BOOT_ID_FILE);
        return Files.readString(Path.of(file == null ? "/proc/sys/kernel/random/boot_id" : file))
                .strip();
    }

    static long totalMemory(String meminfo) throws IOException {
        String line = meminfo.lines()
                .filter(candidate -> candidate.startsWith("MemTotal:"))
                .findFirst()
                .orElseThrow(() -> new IOException("/proc/meminfo has no MemTotal line"));
        return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
    }

    private static String imageArchitecture(String jvmName) {
        return switch (jvmName) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> jvmName;
        };
    }

    private static String distribution() throws IOException {
        Path release = Path.of("/etc/os-release");
        if (!Files.exists(release)) {
            return "Linux";
        }
        return Files.readAllLines(release).stream()
                .filter(line -> line.startsWith("PRETTY_NAME="))
                .map(line -> line.substring("PRETTY_NAME=".length()).replace("\"", ""))
                .findFirst()
                .orElse("Linux");
    }

    private static String firstLine(String file) throws IOException {
        Path path = Path.of(file);
        return Files.exists(path) ? Files.readString(path).strip() : "";
    }
}
