package dev.gantry.e2e.fifo;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.build.ImageBuilder;
import dev.gantry.agent.build.ImagePublisher;
import dev.gantry.agent.build.IsolatedNetwork;
import dev.gantry.agent.container.LauncherRuntime;
import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.network.LinuxNodeNetwork;
import dev.gantry.agent.network.NetworkConfig;
import dev.gantry.agent.network.RoutedPodNetwork;
import dev.gantry.agent.pod.LinuxPodCgroups;
import dev.gantry.agent.pod.PodAgent;
import dev.gantry.agent.pod.PodAgentConfig;
import dev.gantry.agent.session.AgentSession;
import dev.gantry.agent.session.NodeJoin;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.agent.time.SystemAlarmClock;
import dev.gantry.agent.volume.LinuxVolumeKernel;
import dev.gantry.e2e.host.Commands;
import dev.gantry.linux.cgroup.CgroupTree;
import dev.gantry.linux.launcher.LauncherNamespaceHolder;
import dev.gantry.linux.netlink.NetworkNamespace;
import dev.gantry.linux.netlink.RouteSocket;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.node.v1.NodeStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * The rooms of an agent in this process, wired as the agent wires them, with a network namespace for the host's: what blocks in this process blocks in the
 * agent.
 */
final class AgentHere implements AutoCloseable {
    private static final String BOOT_ID = "boot-1";
    private static final TarLimits LIMITS = new TarLimits(10_000, 64L << 20);

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final CgroupTree cgroups;
    private final LinuxNodeNetwork nodeNetwork;
    private final LauncherNamespaceHolder holder;
    private final LauncherRuntime runtime;
    private final ImageBuilder builder;

    /** @param directory by its real path */
    AgentHere(Path directory, CgroupTree cgroups, MeasuringLeader leader) throws IOException {
        this.cgroups = cgroups;
        Path state = Files.createDirectories(directory.resolve("state"));
        Path run = Files.createDirectories(directory.resolve("run"));
        Clock clock = Clock.systemUTC();
        NetworkNamespace host = toClose(NetworkNamespace.create());
        host.call(() -> {
            try (RouteSocket routes = RouteSocket.open()) {
                routes.setUp(1);
            }
            return true;
        });
        this.holder = toClose(LauncherNamespaceHolder.open(run.resolve("holder"), cgroups.launcherCgroups()));
        this.nodeNetwork = toClose(new LinuxNodeNetwork(NetworkConfig.in(run.resolve("network")), host));
        RoutedPodNetwork podNetwork = toClose(new RoutedPodNetwork(nodeNetwork, holder));
        this.runtime = toClose(new LauncherRuntime(state, run, cgroups));
        DiskImageStore images = DiskImageStore.open(state.resolve("images"), LIMITS, BOOT_ID, clock);
        this.builder = new ImageBuilder(
                images,
                runtime,
                IsolatedNetwork::ofKernel,
                ImagePulls.NONE,
                ImagePublisher.NONE,
                ImageBuilder.Settings.defaults(),
                clock);
        PodAgent pods = toClose(new PodAgent(
                new PodAgentConfig(state, run, BOOT_ID, List.of("127.0.0.1"), 8L << 30, 0),
                runtime,
                images,
                ImagePulls.NONE,
                podNetwork,
                new LinuxPodCgroups(cgroups),
                new LinuxVolumeKernel(),
                toClose(new SystemAlarmClock())));
        AgentSession session = toClose(new AgentSession(
                new NodeJoin(state).join(leader.token(), List.of(leader.address()), leader.nodeName()),
                List.of(leader.address()),
                state,
                pods,
                pods,
                nodeNetwork,
                builder,
                NodeStatus::getDefaultInstance,
                BOOT_ID,
                "test",
                clock,
                new Random(1)));
        pods.start();
        session.start();
    }

    private <T extends AutoCloseable> T toClose(T room) {
        opened.push(room);
        return room;
    }

    LauncherRuntime runtime() {
        return runtime;
    }

    /** @return digest of the image that has this as its root */
    String importImage(Path root) throws IOException {
        Path archive = root.resolveSibling("image.tar");
        Commands.run(List.of("tar", "-C", root.toString(), "-cf", archive.toString(), "."))
                .ok();
        try (InputStream tar = Files.newInputStream(archive)) {
            BuildResult result = builder.build(
                    BuildRequest.newBuilder()
                            .addNames("fifo:test")
                            .setImportRoot(true)
                            .build(),
                    tar,
                    event -> {});
            if (result.getDigest().isEmpty()) {
                throw new AssertionError("no image: " + result);
            }
            return result.getDigest();
        }
    }

    /** Ends what runs, and leaves nothing in the kernel. */
    @Override
    public void close() throws Exception {
        runtime.removeAllBut(List.of());
        nodeNetwork.tearDown();
        holder.shutDown();
        while (!opened.isEmpty()) {
            requireNonNull(opened.pop()).close();
        }
        cgroups.delete();
    }
}
