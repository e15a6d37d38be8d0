package dev.gantry.agent.container;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a container is, resolved: the runtime decides nothing.
 *
 * @param id unique on this host for ever; lower-case letters, digits and hyphens, at most 64
 * @param labels handed back at adoption (pod uid, container name, generation, attempt): how the caller finds its own again
 * @param layers unpacked layer directories, the top one first; at least one
 * @param writableLayer a directory of this container's own that holds its upper and work directories; made when missing
 * @param arguments the program and its arguments; the program is looked up in the container's PATH when it has no slash
 * @param environment NAME to value
 * @param workingDirectory absolute; made when missing
 * @param user numeric, or names that are looked up in the container's /etc/passwd and /etc/group, as in {@code USER}
 * @param additionalGroups numeric
 * @param hostname null for the host's (shared uts namespace)
 * @param namespaces whose namespaces it joins
 * @param mounts in order
 * @param resourceLimits rlimits; others stay what the agent's are
 * @param sysctls kernel parameters by name, {@code net.core.somaxconn} or {@code net/core/somaxconn}; only such as belong to the network or ipc namespace
 * @param cgroup the parent beneath the agent's tree, such as {@code pods/<uid>}; the container gets a child of its own
 * @param logFile the log, in CRI format; null for output by {@link ContainerRuntime.Container#attach} only
 * @param terminal whether it has a terminal instead of pipes
 * @param stdin whether its stdin stays open for attaching; otherwise it is /dev/null
 */
public record ContainerConfig(
        String id,
        Map<String, String> labels,
        List<Path> layers,
        Path writableLayer,
        boolean readOnlyRoot,
        List<String> arguments,
        Map<String, String> environment,
        String workingDirectory,
        String user,
        List<Long> additionalGroups,
        @Nullable String hostname,
        Namespaces namespaces,
        List<Mount> mounts,
        Limits limits,
        List<ResourceLimit> resourceLimits,
        Map<String, String> sysctls,
        Security security,
        String cgroup,
        @Nullable Log logFile,
        boolean terminal,
        boolean stdin,
        boolean stdinOnce) {

    public ContainerConfig {
        labels = Map.copyOf(labels);
        layers = List.copyOf(layers);
        arguments = List.copyOf(arguments);
        additionalGroups = List.copyOf(additionalGroups);
        mounts = List.copyOf(mounts);
        resourceLimits = List.copyOf(resourceLimits);
        sysctls = Map.copyOf(sysctls);
        environment = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(environment));
    }

    /**
     * The namespaces of a pod, pinned by the namespace holder.
     *
     * @param network path of a network namespace to join; null for the host's
     * @param ipc path, or null for a new one
     * @param uts path, or null for a new one
     * @param user path of a user namespace to join; null for the host's
     * @param sharedMemory the pod's /dev/shm, as the namespace holder tells it; null for one of the container's own
     * @param userBase first host id of the user namespace's 65,536; 0 without one
     */
    public record Namespaces(
            @Nullable String network,
            @Nullable String ipc,
            @Nullable String uts,
            @Nullable String user,
            @Nullable String sharedMemory,
            int userBase) {}

    /**
     * A bind mount.
     *
     * @param source on the host; resolved by the volume package beneath a descriptor before, and checked again by the launcher not to be a symlink
     * @param target absolute, in the container; made when missing, resolved beneath its root
     */
    public record Mount(Path source, String target, boolean readOnly, Propagation propagation) {
        public enum Propagation {
            PRIVATE,
            HOST_TO_CONTAINER,
            BIDIRECTIONAL
        }
    }

    /** 0 is no limit throughout. {@code cpuMilli} thousandths of a CPU; {@code cpuShares} of cgroup v1, converted on v2. */
    public record Limits(long cpuMilli, long cpuShares, long memoryBytes, long pids, int oomScoreAdjust) {}

    /**
     * A limit of each process, by setrlimit(2). Where the agent may not raise a hard limit (no CAP_SYS_RESOURCE), that of the agent stays.
     *
     * @param name as in {@code docker run --ulimit}: nofile, nproc, core …
     * @param soft in the resource's own unit; -1 for unlimited
     * @param hard as soft, and not below it
     */
    public record ResourceLimit(String name, long soft, long hard) {
        /** Those of Docker since version 29 and of systemd: a low soft limit for programs that close or select(2) every descriptor, and room for those that raise it. */
        public static final List<ResourceLimit> DEFAULTS = List.of(new ResourceLimit("nofile", 1024, 524_288));
    }

    /**
     * @param capabilities the final set, names without CAP_
     * @param ambientCapabilities those of them that also a process of a user other than root has, without a file that grants them. None in Kubernetes and Docker
     * @param seccompProfile {@code default}, {@code unconfined}, or the path of a profile
     * @param maskedPaths hidden from the container
     * @param readOnlyPaths visible, not writable
     */
    public record Security(
            Set<String> capabilities,
            Set<String> ambientCapabilities,
            boolean privileged,
            boolean noNewPrivileges,
            String seccompProfile,
            @Nullable String apparmorProfile,
            @Nullable String selinuxLabel,
            List<String> maskedPaths,
            List<String> readOnlyPaths) {
        public Security {
            capabilities = Set.copyOf(capabilities);
            ambientCapabilities = Set.copyOf(ambientCapabilities);
            maskedPaths = List.copyOf(maskedPaths);
            readOnlyPaths = List.copyOf(readOnlyPaths);
        }
    }

    /** Rotated by the launcher: {@code path}, {@code path.1} … {@code path.(files-1)}. */
    public record Log(Path path, long maxBytes, int maxFiles) {}
}
