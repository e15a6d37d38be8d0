package dev.gantry.agent.container;

import dev.gantry.linux.NamespaceHolder;
import dev.gantry.linux.ProcessIdentity;
import dev.gantry.linux.cgroup.Cgroup;
import dev.gantry.linux.cgroup.CgroupTree;
import dev.gantry.linux.launcher.Capabilities;
import dev.gantry.linux.launcher.LaunchSpec;
import dev.gantry.linux.launcher.LaunchSpec.Flag;
import dev.gantry.linux.launcher.LaunchSpec.MountFlag;
import dev.gantry.linux.launcher.LaunchSpec.Text;
import dev.gantry.linux.launcher.ResourceLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Policy into mechanism: what a launcher is told for a container, or for a process inside one. */
final class LaunchOrders {
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final String CONFIG_REASON = "CreateContainerConfigError";

    private LaunchOrders() {}

    static LaunchSpec forContainer(
            ContainerState container,
            CgroupTree tree,
            Cgroup cgroup,
            List<Path> launcherCgroups,
            Optional<byte[]> filter)
            throws IOException, ContainerException {
        ContainerConfig config = container.config();
        LaunchSpec spec = common(container, cgroup, launcherCgroups, filter);
        for (String argument : config.arguments()) {
            spec.add(Text.ARGUMENT, argument);
        }
        addEnvironment(spec, container, Map.of(), config.terminal());
        for (Path layer : config.layers()) {
            spec.add(Text.LAYER, layer);
        }
        spec.add(Text.UPPER, upper(config)).add(Text.WORK, work(config));
        for (String mount : tree.mountsInside()) {
            spec.add(Text.CGROUP_MOUNT, mount);
        }
        if (cgroup.oomFile().isPresent()) {
            spec.add(Text.OOM_FILE, cgroup.oomFile().get());
        }
        addNamespaces(spec, config);
        addMounts(spec, config);
        for (String path : config.security().maskedPaths()) {
            spec.add(Text.MASKED, path);
        }
        for (String path : config.security().readOnlyPaths()) {
            spec.add(Text.READ_ONLY, path);
        }
        ContainerConfig.Log log = config.logFile();
        if (log != null) {
            spec.add(Text.LOG, log.path()).logLimits(log.maxBytes(), log.maxFiles());
        } else {
            spec.add(Flag.HOLD_OUTPUT);
        }
        spec.sharedMemory(NamespaceHolder.SHARED_MEMORY_BYTES);
        for (Map.Entry<String, String> parameter : KernelParameters.of(config).entrySet()) {
            spec.add(Text.SYSCTL, parameter.getKey() + "=" + parameter.getValue());
        }
        addIf(spec, config.readOnlyRoot(), Flag.READ_ONLY_ROOT);
        addIf(spec, config.terminal(), Flag.TERMINAL);
        addIf(spec, config.stdin(), Flag.STDIN);
        addIf(spec, config.stdinOnce(), Flag.STDIN_ONCE);
        return spec;
    }

    static LaunchSpec forExec(
            ContainerState container,
            ProcessIdentity target,
            ExecConfig exec,
            Cgroup cgroup,
            List<Path> launcherCgroups,
            Optional<byte[]> filter)
            throws IOException, ContainerException {
        LaunchSpec spec = common(container, cgroup, launcherCgroups, filter);
        for (String argument : exec.command()) {
            spec.add(Text.ARGUMENT, argument);
        }
        addEnvironment(spec, container, exec.environment(), exec.terminal());
        String user = container.config().namespaces().user();
        if (user != null) {
            spec.add(Text.USER_NAMESPACE, user);
        }
        spec.target(target.pid(), target.startTime())
                .add(Flag.EXEC)
                .add(Flag.HOLD_OUTPUT)
                .add(Flag.KILL_ON_DETACH);
        addIf(spec, exec.terminal(), Flag.TERMINAL);
        addIf(spec, exec.stdin(), Flag.STDIN);
        return spec;
    }

    static Path upper(ContainerConfig config) {
        return config.writableLayer().resolve("upper");
    }

    static Path work(ContainerConfig config) {
        return config.writableLayer().resolve("work");
    }

    /** What a container and a process that joins it have in common: everything about rights. */
    private static LaunchSpec common(
            ContainerState container, Cgroup cgroup, List<Path> launcherCgroups, Optional<byte[]> filter)
            throws IOException, ContainerException {
        ContainerConfig config = container.config();
        ContainerConfig.Security security = config.security();
        ContainerUser user = container.user();
        LaunchSpec spec = new LaunchSpec();
        for (Path path : launcherCgroups) {
            spec.add(Text.LAUNCHER_CGROUP, path);
        }
        for (Path path : cgroup.placement()) {
            spec.add(Text.CGROUP, path);
        }
        if (cgroup.unified().isPresent()) {
            spec.add(Text.CGROUP2, cgroup.unified().get());
        }
        spec.add(Text.DIRECTORY, config.workingDirectory().isEmpty() ? "/" : config.workingDirectory());
        spec.user(user.uid(), user.gid(), config.namespaces().userBase());
        for (int group : user.groups()) {
            spec.group(group);
        }
        addCapabilities(spec, security, user);
        addLimits(spec, config.resourceLimits());
        spec.oomScore(config.limits().oomScoreAdjust());
        filter.ifPresent(spec::seccomp);
        addLabels(spec, security);
        addIf(spec, security.noNewPrivileges(), Flag.NO_NEW_PRIVILEGES);
        addIf(spec, security.privileged(), Flag.PRIVILEGED);
        return spec;
    }

    /** execve takes those of a user other than root away, but for the ambient ones; the others are a bound for files that grant some. */
    private static void addCapabilities(LaunchSpec spec, ContainerConfig.Security security, ContainerUser user)
            throws ContainerException {
        if (!security.privileged() && !security.capabilities().containsAll(security.ambientCapabilities())) {
            throw new ContainerException(
                    CONFIG_REASON,
                    "Ambient capabilities are %s, and the container's own only %s: add them there"
                            .formatted(security.ambientCapabilities(), security.capabilities()));
        }
        try {
            long all = Capabilities.mask(security.privileged() ? Capabilities.names() : security.capabilities());
            long ambient = user.uid() == 0 ? 0 : Capabilities.mask(security.ambientCapabilities());
            spec.capabilities(all, user.uid() == 0 ? all : ambient, ambient, ambient);
        } catch (IllegalArgumentException e) {
            throw new ContainerException(CONFIG_REASON, String.valueOf(e.getMessage()), e);
        }
    }

    private static void addLimits(LaunchSpec spec, List<ContainerConfig.ResourceLimit> limits)
            throws ContainerException {
        try {
            for (ContainerConfig.ResourceLimit limit : limits) {
                if (Long.compareUnsigned(limit.soft(), limit.hard()) > 0) {
                    throw new IllegalArgumentException("The soft limit of %s, %s, is above the hard one, %s"
                            .formatted(limit.name(), limit.soft(), limit.hard()));
                }
                // -1 is RLIM_INFINITY
                spec.limit(ResourceLimits.number(limit.name()), limit.soft(), limit.hard());
            }
        } catch (IllegalArgumentException e) {
            throw new ContainerException(CONFIG_REASON, String.valueOf(e.getMessage()), e);
        }
    }

    private static void addLabels(LaunchSpec spec, ContainerConfig.Security security)
            throws IOException, ContainerException {
        String apparmor = security.apparmorProfile();
        if (apparmor != null && !apparmor.equals("unconfined")) {
            Path enabled = Path.of("/sys/module/apparmor/parameters/enabled");
            if (!Files.exists(enabled) || !Files.readString(enabled).startsWith("Y")) {
                throw new ContainerException(
                        CONFIG_REASON,
                        "The AppArmor profile '%s' is asked for, but this host's kernel has no AppArmor: choose another node, or drop the profile"
                                .formatted(apparmor));
            }
            spec.add(Text.APPARMOR, apparmor);
        }
        String selinux = security.selinuxLabel();
        if (selinux != null) {
            if (!Files.exists(Path.of("/sys/fs/selinux/enforce"))) {
                throw new ContainerException(
                        CONFIG_REASON,
                        "The SELinux label '%s' is asked for, but this host's kernel has no SELinux: choose another node, or drop the label"
                                .formatted(selinux));
            }
            spec.add(Text.SELINUX, selinux);
        }
    }

    private static void addEnvironment(
            LaunchSpec spec, ContainerState container, Map<String, String> more, boolean terminal) throws IOException {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", PATH);
        environment.put("HOME", container.user().home());
        String hostname = container.config().hostname();
        if (hostname != null) {
            environment.put("HOSTNAME", hostname);
        }
        if (terminal) {
            environment.put("TERM", "xterm");
        }
        environment.putAll(container.config().environment());
        environment.putAll(more);
        for (Map.Entry<String, String> entry : environment.entrySet()) {
            spec.add(Text.ENVIRONMENT, entry.getKey() + "=" + entry.getValue());
        }
    }

    private static void addNamespaces(LaunchSpec spec, ContainerConfig config) throws IOException {
        ContainerConfig.Namespaces namespaces = config.namespaces();
        addText(spec, Text.NETWORK, namespaces.network());
        addText(spec, Text.IPC, namespaces.ipc());
        addText(spec, Text.UTS, namespaces.uts());
        addText(spec, Text.USER_NAMESPACE, namespaces.user());
        addText(spec, Text.SHARED_MEMORY, namespaces.sharedMemory());
        addText(spec, Text.HOSTNAME, config.hostname());
        addIf(spec, config.hostname() == null && namespaces.uts() == null, Flag.HOST_UTS);
    }

    private static void addMounts(LaunchSpec spec, ContainerConfig config) throws IOException {
        for (ContainerConfig.Mount mount : config.mounts()) {
            Set<MountFlag> flags = EnumSet.noneOf(MountFlag.class);
            if (mount.readOnly()) {
                flags.add(MountFlag.READ_ONLY);
            }
            switch (mount.propagation()) {
                case PRIVATE -> {}
                case HOST_TO_CONTAINER -> flags.add(MountFlag.HOST_TO_CONTAINER);
                case BIDIRECTIONAL -> flags.add(MountFlag.BIDIRECTIONAL);
            }
            if (config.namespaces().user() != null) {
                flags.add(MountFlag.IDMAPPED);
            }
            if (config.security().privileged()) {
                flags.add(MountFlag.DEVICES);
            }
            spec.mount(mount.source(), mount.target(), flags);
        }
    }

    private static void addText(LaunchSpec spec, Text kind, @Nullable String value) throws IOException {
        if (value != null) {
            spec.add(kind, value);
        }
    }

    private static void addIf(LaunchSpec spec, boolean condition, Flag flag) {
        if (condition) {
            spec.add(flag);
        }
    }
}
