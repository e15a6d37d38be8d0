package dev.gantry.agent;

import dev.gantry.agent.container.LauncherRuntime;
import dev.gantry.agent.network.LinuxNodeNetwork;
import dev.gantry.agent.network.NetworkConfig;
import dev.gantry.agent.network.RoutedPodNetwork;
import dev.gantry.common.process.ConfigurationException;
import dev.gantry.linux.ProcessIdentity;
import dev.gantry.linux.ProcessWatch;
import dev.gantry.linux.cgroup.CgroupLimits;
import dev.gantry.linux.cgroup.CgroupTree;
import dev.gantry.linux.launcher.LauncherNamespaceHolder;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an agent holds of the kernel: cgroups, namespaces, networks, containers. Opening takes over what an earlier agent has left; closing leaves all of it
 * to the next.
 */
final class HostRooms implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HostRooms.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Of one processor, in Kubernetes' measure. */
    private static final long SHARES = 1024;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final Path state;
    private final Path run;
    private final CgroupTree cgroups;
    private final LauncherNamespaceHolder holder;
    private final LinuxNodeNetwork nodeNetwork;
    private final RoutedPodNetwork podNetwork;
    private final LauncherRuntime runtime;

    /** @throws ConfigurationException when another agent has them */
    static HostRooms open(HostOptions options) throws IOException {
        requireRoot();
        Path state = directory(options.state);
        return new HostRooms(state, directory(options.run), options.cgroup, HostLock.acquire(state, PATIENCE));
    }

    private HostRooms(Path state, Path run, String cgroup, HostLock lock) throws IOException {
        this.state = state;
        this.run = run;
        opened.push(lock);
        try {
            this.cgroups = CgroupTree.of(cgroup);
            weigh(cgroups);
            this.holder = toClose(LauncherNamespaceHolder.open(run.resolve("holder"), cgroups.launcherCgroups()));
            NetworkNamespace host = toClose(NetworkNamespace.ofProcess());
            this.nodeNetwork = toClose(new LinuxNodeNetwork(NetworkConfig.in(run.resolve("network")), host));
            this.podNetwork = toClose(new RoutedPodNetwork(nodeNetwork, holder));
            this.runtime = toClose(new LauncherRuntime(state, run, cgroups));
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** As much of the host's processors as there are: pods' shares count against each other, not each against every process of the host. */
    private static void weigh(CgroupTree cgroups) throws IOException {
        CgroupLimits all = new CgroupLimits(0, SHARES * Runtime.getRuntime().availableProcessors(), 0, 0);
        cgroups.create(all);
        cgroups.create("pods", all);
    }

    private <T extends AutoCloseable> T toClose(T room) {
        opened.push(room);
        return room;
    }

    private static void requireRoot() throws IOException {
        if (!Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
            throw new ConfigurationException(
                    "the agent makes namespaces, cgroups and mounts, and must run as root: run it with sudo or as a service");
        }
    }

    /** Owner only, and by its real path: launchers follow no symbolic link. */
    private static Path directory(Path path) throws IOException {
        Files.createDirectories(
                path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return path.toRealPath();
    }

    Path state() {
        return state;
    }

    Path run() {
        return run;
    }

    CgroupTree cgroups() {
        return cgroups;
    }

    LauncherNamespaceHolder holder() {
        return holder;
    }

    LinuxNodeNetwork nodeNetwork() {
        return nodeNetwork;
    }

    RoutedPodNetwork podNetwork() {
        return podNetwork;
    }

    LauncherRuntime runtime() {
        return runtime;
    }

    /** @param lost called once when the holder has ended, and pods' namespaces with it that no container keeps */
    void watchHolder(Runnable lost) throws IOException {
        Optional<ProcessIdentity> process = ProcessIdentity.of(holder.pid());
        if (process.isPresent()) {
            toClose(new ProcessWatch()).watch(process.get(), lost);
        } else {
            lost.run();
        }
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            AutoCloseable room = opened.pop();
            try {
                room.close();
            } catch (Exception e) {
                log.warn("{} did not close well; what it holds ends with this process", room, e);
            }
        }
    }
}
