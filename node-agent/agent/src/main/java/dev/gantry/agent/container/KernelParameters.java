package dev.gantry.agent.container;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The kernel parameters that a container's namespaces start with: those that the kernel keeps for each network or ipc namespace, as Kubernetes lists them ("Using
 * sysctls in a Kubernetes Cluster", namespaced sysctls). Everything else in /proc/sys is the whole host's, and refused.
 */
final class KernelParameters {
    private static final Pattern NAME =
            Pattern.compile("([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?");
    private static final List<String> OF_IPC = List.of("kernel/shm", "kernel/msg", "fs/mqueue/");
    private static final String SEMAPHORES = "kernel/sem";
    private static final String REASON = "CreateContainerConfigError";

    private KernelParameters() {}

    /**
     * Values by path beneath /proc/sys.
     *
     * <p>In a network namespace of the pod's own, every user may listen at ports below 1024 and send ICMP echo requests unless the pod says otherwise, as in Docker and
     * containerd: the ports are the pod's alone, and nobody needs a capability to use them. With a user namespace the groups of the second parameter would have to be
     * the namespace's, and containerd leaves it out, too.
     *
     * @throws ContainerException for a parameter that is not the namespaces' own
     */
    static Map<String, String> of(ContainerConfig config) throws ContainerException {
        boolean ownNetwork = config.namespaces().network() != null;
        Map<String, String> parameters = new TreeMap<>();
        if (ownNetwork) {
            parameters.put("net/ipv4/ip_unprivileged_port_start", "0");
            if (config.namespaces().user() == null) {
                parameters.put("net/ipv4/ping_group_range", "0 2147483647");
            }
        }
        for (Map.Entry<String, String> entry : config.sysctls().entrySet()) {
            parameters.put(path(entry.getKey(), ownNetwork), entry.getValue());
        }
        return parameters;
    }

    private static String path(String name, boolean ownNetwork) throws ContainerException {
        if (!NAME.matcher(name).matches()) {
            throw new ContainerException(
                    REASON,
                    "'%s' is no name of a kernel parameter; expected one such as net.core.somaxconn".formatted(name));
        }
        String path = path(name);
        if (path.startsWith("net/")) {
            if (!ownNetwork) {
                throw new ContainerException(
                        REASON,
                        "The kernel parameter '%s' is the host's, whose network the pod shares: take it out, or hostNetwork"
                                .formatted(name));
            }
        } else if (!path.equals(SEMAPHORES) && OF_IPC.stream().noneMatch(path::startsWith)) {
            throw new ContainerException(
                    REASON,
                    "The kernel parameter '%s' belongs to the whole host; a pod may set net.*, kernel.shm*, kernel.msg*, kernel.sem and fs.mqueue.*"
                            .formatted(name));
        }
        return path;
    }

    /** The first separator says which of the two styles of sysctl(8) it is: in the other, it is part of a name ({@code net.ipv4.conf.eth0/1.forwarding}). */
    private static String path(String name) {
        int dot = name.indexOf('.');
        int slash = name.indexOf('/');
        if (dot < 0 || (slash >= 0 && slash < dot)) {
            return name;
        }
        StringBuilder path = new StringBuilder(name);
        for (int i = 0; i < path.length(); i++) {
            char one = path.charAt(i);
            path.setCharAt(i, one == '.' ? '/' : one == '/' ? '.' : one);
        }
        return path.toString();
    }
}
