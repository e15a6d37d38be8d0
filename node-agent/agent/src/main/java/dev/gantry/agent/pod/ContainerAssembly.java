package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.image.ImageConfig;
import dev.gantry.agent.image.ImageStore;
import dev.gantry.agent.network.PodNetwork;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.EnvironmentVariable;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.Resources;
import dev.gantry.wire.node.v1.Security;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a container is, from its image and its spec: the rules of Kubernetes for commands, environment, user and limits. Pure but for what it is given.
 *
 * @param attachment null with the host's network
 * @param mounts of volumes, resolved
 */
record ContainerAssembly(
        PodIdentity pod,
        PodSpec spec,
        ContainerSpec container,
        ContainerRecord record,
        ImageStore.Image image,
        PodNetwork.@Nullable Attachment attachment,
        List<ContainerConfig.Mount> mounts,
        PodPaths paths,
        PodAgentConfig host) {
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final int DEFAULT_LOG_BYTES = 10 << 20;
    private static final int DEFAULT_LOG_FILES = 5;

    /** Hidden from containers, as Docker and containerd do. */
    static final List<String> MASKED_PATHS = List.of(
            "/proc/acpi",
            "/proc/asound",
            "/proc/interrupts",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/sys/devices/virtual/powercap",
            "/sys/firmware");

    static final List<String> READ_ONLY_PATHS =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    ContainerConfig assemble() throws ContainerConfigException {
        Map<String, String> declared = declaredEnvironment();
        List<String> arguments = arguments(declared);
        String user = user();
        Run run = record.run();
        return new ContainerConfig(
                ContainerNames.id(pod.getUid(), container.getName(), run.attempt()),
                ContainerNames.labels(
                        pod.getUid(),
                        container.getName(),
                        run.generation(),
                        run.attempt(),
                        StopSignal.of(container, image.config().stopSignal()),
                        image.digest()),
                image.layers(),
                paths.layer(pod.getUid(), container.getName(), record.history().layerAttempt()),
                container.getSecurity().getReadOnlyRoot(),
                arguments,
                environment(declared),
                workingDirectory(),
                user,
                additionalGroups(),
                spec.getHostNetwork() ? null : spec.getHostname(),
                namespaces(),
                mounts,
                limits(),
                ContainerConfig.ResourceLimit.DEFAULTS,
                spec.getSysctlsMap(),
                security(),
                PodCgroups.path(pod.getUid()),
                new ContainerConfig.Log(
                        paths.log(pod.getUid(), container.getName(), run.attempt()),
                        container.getLogMaxBytes() > 0 ? container.getLogMaxBytes() : DEFAULT_LOG_BYTES,
                        container.getLogMaxFiles() > 0 ? container.getLogMaxFiles() : DEFAULT_LOG_FILES),
                container.getTty(),
                container.getStdin(),
                container.getStdinOnce());
    }

    /** A given command replaces both the image's entrypoint and its command; given arguments replace the image's command only. */
    private List<String> arguments(Map<String, String> declared) throws ContainerConfigException {
        ImageConfig config = image.config();
        List<String> arguments = new ArrayList<>();
        if (container.getCommandCount() > 0) {
            arguments.addAll(EnvironmentExpansion.expandAll(container.getCommandList(), declared));
        } else {
            arguments.addAll(config.entrypoint());
        }
        if (container.getArgsCount() > 0) {
            arguments.addAll(EnvironmentExpansion.expandAll(container.getArgsList(), declared));
        } else if (container.getCommandCount() == 0) {
            arguments.addAll(config.command());
        }
        if (arguments.isEmpty()) {
            throw new ContainerConfigException(
                    "Container %s has no command, and image %s has neither ENTRYPOINT nor CMD: set command"
                            .formatted(container.getName(), container.getImage().getName()));
        }
        return arguments;
    }

    private Map<String, String> environment(Map<String, String> declared) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", DEFAULT_PATH);
        environment.put("HOSTNAME", spec.getHostname());
        if (container.getTty()) {
            environment.put("TERM", "xterm");
        }
        environment.putAll(EnvironmentExpansion.parse(image.config().environment()));
        environment.putAll(declared);
        return environment;
    }

    /** The spec's own variables: only to these can one another, a command and arguments refer, not to the image's. */
    private Map<String, String> declaredEnvironment() {
        Map<String, String> declared = new LinkedHashMap<>();
        for (EnvironmentVariable variable : container.getEnvList()) {
            declared.put(
                    variable.getName(),
                    switch (variable.getSourceCase()) {
                        case NODE_FIELD -> nodeField(variable.getNodeField());
                        case LITERAL -> variable.getLiteral();
                        default -> EnvironmentExpansion.expand(variable.getValue(), declared);
                    });
        }
        return declared;
    }

    private String nodeField(EnvironmentVariable.NodeField field) {
        return nodeField(field, address(), host);
    }

    static String nodeField(EnvironmentVariable.NodeField field, String address, PodAgentConfig host) {
        return switch (field) {
            case POD_ADDRESS, POD_ADDRESSES -> address;
            case HOST_ADDRESS -> host.hostAddresses().getFirst();
            case HOST_ADDRESSES -> String.join(",", host.hostAddresses());
            default -> "";
        };
    }

    private String address() {
        return attachment == null ? host.hostAddresses().getFirst() : attachment.address();
    }

    private String workingDirectory() {
        if (!container.getWorkingDirectory().isEmpty()) {
            return container.getWorkingDirectory();
        }
        return image.config().workingDirectory().isEmpty()
                ? "/"
                : image.config().workingDirectory();
    }

    private String user() throws ContainerConfigException {
        Security security = container.getSecurity();
        String user = security.hasRunAsUser()
                ? Long.toString(security.getRunAsUser())
                : image.config().user();
        if (security.hasRunAsUser() && !security.hasRunAsGroup()) {
            return checkNotRoot(user, security);
        }
        if (security.hasRunAsGroup()) {
            String name = user.isEmpty() ? "0" : user.split(":", 2)[0];
            return checkNotRoot(name + ":" + security.getRunAsGroup(), security);
        }
        return checkNotRoot(user, security);
    }

    private String checkNotRoot(String user, Security security) throws ContainerConfigException {
        if (!security.getRunAsNonRoot()) {
            return user;
        }
        String name = user.split(":", 2)[0];
        if (name.isEmpty() || name.matches("0+") || name.equals("root")) {
            throw new ContainerConfigException(
                    "Container %s has runAsNonRoot, and image %s runs as root: set runAsUser or change the image's USER"
                            .formatted(container.getName(), container.getImage().getName()));
        }
        if (!name.matches("[0-9]+")) {
            throw new ContainerConfigException(
                    "Container %s has runAsNonRoot, and whether user '%s' of image %s is root can't be known: set runAsUser to a number"
                            .formatted(
                                    container.getName(),
                                    name,
                                    container.getImage().getName()));
        }
        return user;
    }

    private List<Long> additionalGroups() {
        List<Long> groups = new ArrayList<>(spec.getSupplementalGroupsList());
        if (spec.hasFsGroup() && !groups.contains(spec.getFsGroup())) {
            groups.add(spec.getFsGroup());
        }
        return groups;
    }

    private ContainerConfig.Namespaces namespaces() {
        if (attachment == null) {
            return new ContainerConfig.Namespaces(null, null, null, null, null, 0);
        }
        return new ContainerConfig.Namespaces(
                blankToNull(attachment.networkNamespace()),
                blankToNull(attachment.ipcNamespace()),
                blankToNull(attachment.utsNamespace()),
                blankToNull(attachment.userNamespace()),
                blankToNull(attachment.sharedMemory()),
                attachment.userBase());
    }

    private static @Nullable String blankToNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private ContainerConfig.Limits limits() {
        Resources resources = container.getResources();
        return new ContainerConfig.Limits(
                resources.getCpuLimitMilli(),
                cpuShares(resources),
                resources.getMemoryLimitBytes(),
                resources.getPidsLimit() > 0 ? resources.getPidsLimit() : host.defaultPidsLimit(),
                OomScore.of(spec, container, host.memoryCapacityBytes()));
    }

    /** The least of cgroup v1 is 2; Kubernetes gives it to what asks for no CPU. */
    static long cpuShares(Resources resources) {
        return Math.max(2, resources.getCpuRequestMilli() * 1024 / 1000);
    }

    private ContainerConfig.Security security() {
        Security security = container.getSecurity();
        boolean open = security.getPrivileged() || security.getUnmaskedProc();
        String profile = switch (security.getSeccomp()) {
            case SECCOMP_UNCONFINED -> "unconfined";
            case SECCOMP_LOCALHOST -> security.getSeccompProfile();
            default -> security.getPrivileged() ? "unconfined" : "default";
        };
        return new ContainerConfig.Security(
                Set.copyOf(security.getCapabilitiesList()),
                Set.of(),
                security.getPrivileged(),
                security.getNoNewPrivileges(),
                profile,
                blankToNull(security.getApparmorProfile()),
                blankToNull(security.getSelinuxLabel()),
                open ? List.of() : MASKED_PATHS,
                open ? List.of() : READ_ONLY_PATHS);
    }
}
