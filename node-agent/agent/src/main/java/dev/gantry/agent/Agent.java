package dev.gantry.agent;

import dev.gantry.agent.build.Builder;
import dev.gantry.agent.build.ImageBuilder;
import dev.gantry.agent.build.IsolatedNetwork;
import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImageCollector;
import dev.gantry.agent.pod.LinuxPodCgroups;
import dev.gantry.agent.pod.PodAgent;
import dev.gantry.agent.pod.PodAgentConfig;
import dev.gantry.agent.registry.ControlPlaneRegistries;
import dev.gantry.agent.registry.RegistryPublisher;
import dev.gantry.agent.registry.RegistryPulls;
import dev.gantry.agent.session.AgentSession;
import dev.gantry.agent.session.NodeIdentity;
import dev.gantry.agent.session.NodeJoin;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.agent.time.SystemAlarmClock;
import dev.gantry.agent.volume.LinuxVolumeKernel;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.process.ConfigurationException;
import dev.gantry.linux.HostFacts;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent of a host: opens its rooms in the order in which they need each other, takes up what an earlier agent has left, and only then talks to the
 * control plane.
 */
final class Agent implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Agent.class);
    private static final TarLimits LAYER_LIMITS = new TarLimits(100_000, 4L << 30);
    /** What of a layer came before that is hardly of use any more. */
    private static final Duration LONGEST_PARTIAL = Duration.ofDays(1);

    /** Containers that name no limit of their own; enough for a JVM, too few for a fork bomb to reach the host's. */
    private static final long DEFAULT_PIDS = 8192;

    private final HostRooms rooms;
    private final SystemAlarmClock alarms = new SystemAlarmClock();
    private final ControlPlaneRegistries registries = new ControlPlaneRegistries();
    private final RegistryPulls pulls;
    private final PodAgent pods;
    private final ImageCollection collection;
    private final AgentSession session;
    private final CompletableFuture<String> fault = new CompletableFuture<>();

    /** @throws ConfigurationException for what only the operator can change */
    static Agent start(RunOptions options) throws IOException {
        HostRooms rooms = HostRooms.open(options);
        try {
            return new Agent(rooms, options, identity(rooms.state(), options));
        } catch (IOException | RuntimeException e) {
            rooms.close();
            throw e;
        }
    }

    private Agent(HostRooms rooms, RunOptions options, NodeIdentity identity) throws IOException {
        this.rooms = rooms;
        Clock clock = Clock.systemUTC();
        HostFacts facts = HostFacts.read();
        DiskImageStore images =
                DiskImageStore.open(rooms.state().resolve("images"), LAYER_LIMITS, facts.bootId(), clock);
        images.removePartials(clock.instant().minus(LONGEST_PARTIAL));
        this.pulls = new RegistryPulls(images, registries, new SecureRandom());
        ImageBuilder builder = new ImageBuilder(
                images,
                rooms.runtime(),
                IsolatedNetwork::ofKernel,
                pulls,
                new RegistryPublisher(images, registries, new SecureRandom()),
                ImageBuilder.Settings.defaults(),
                clock);
        builder.removeLeftovers();
        NodeFacts nodeFacts =
                new NodeFacts(facts, images, rooms.state(), options.addresses, rooms.nodeNetwork()::unreachable);
        rooms.nodeNetwork().resume();
        this.pods = new PodAgent(
                new PodAgentConfig(
                        rooms.state(),
                        rooms.run(),
                        facts.bootId(),
                        nodeFacts.addresses(),
                        facts.memoryBytes(),
                        DEFAULT_PIDS),
                rooms.runtime(),
                images,
                pulls,
                rooms.podNetwork(),
                new LinuxPodCgroups(rooms.cgroups()),
                new LinuxVolumeKernel(),
                alarms);
        this.session = new AgentSession(
                identity,
                options.controlPlanes,
                rooms.state(),
                pods,
                pods,
                rooms.nodeNetwork(),
                new ImageAnnouncer(builder, pods),
                nodeFacts::read,
                facts.bootId(),
                version(),
                clock,
                new SecureRandom());
        registries.follow(session::controlPlanes, session::tls);
        SessionReport report = new SessionReport(rooms.run());
        session.onChange(state -> {
            report.write(state);
            if (!state.leader().isEmpty()) {
                pods.imagesChanged();
            }
        });
        pods.start();
        rooms.watchHolder(() -> fault.complete("the namespace holder, process %d, has ended"
                .formatted(rooms.holder().pid())));
        this.collection = new ImageCollection(
                new ImageCollector(images, ImageCollector.Settings.defaults(), nodeFacts::imageSpace, clock));
        collection.start();
        session.start();
    }

    /** Who this host is; joins when it is nobody yet. */
    private static NodeIdentity identity(Path state, RunOptions options) throws IOException {
        Optional<NodeIdentity> known = NodeIdentity.load(state);
        if (known.isPresent()) {
            if (!known.get().nodeName().equals(options.nodeName)) {
                throw new ConfigurationException(
                        "this host has joined as node %s, not %s: start it by that name, or leave the cluster with: gantry node reset"
                                .formatted(known.get().nodeName(), options.nodeName));
            }
            deleteToken(options);
            return known.get();
        }
        JoinToken token = token(options);
        NodeIdentity joined = new NodeJoin(state).join(token, options.controlPlanes, options.nodeName);
        log.info("This host has joined cluster {} as node {}", joined.clusterId(), joined.nodeName());
        deleteToken(options);
        return joined;
    }

    /** It is a secret that has done its work. Also after a join of an agent that died before it came to this. */
    private static void deleteToken(RunOptions options) throws IOException {
        if (options.joinTokenFile != null) {
            Files.deleteIfExists(options.joinTokenFile);
        }
    }

    private static JoinToken token(RunOptions options) throws IOException {
        if (options.joinTokenFile == null) {
            throw new ConfigurationException(
                    "this host is no node of a cluster yet: make a token with 'gantry token create' and give it to 'gantry node join'");
        }
        try {
            return JoinToken.parse(Files.readString(options.joinTokenFile));
        } catch (NoSuchFileException e) {
            throw new ConfigurationException(
                    "the join token is not at %s: make one with 'gantry token create'".formatted(options.joinTokenFile),
                    e);
        }
    }

    private static String version() {
        String version = Agent.class.getPackage().getImplementationVersion();
        return version == null ? "unreleased" : version;
    }

    /** Blocks until this agent can't go on, though its pods can: the next one takes them up. @return why */
    String awaitFault() throws InterruptedException {
        try {
            return fault.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Pods and their networks stay as they are. */
    @Override
    public void close() {
        session.close();
        collection.close();
        pulls.close();
        registries.close();
        try {
            pods.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        alarms.close();
        rooms.close();
    }

    /** Tells pods that wait for an image of every image that is built. */
    private record ImageAnnouncer(Builder builder, PodAgent pods) implements Builder {
        @Override
        public BuildResult build(BuildRequest request, InputStream context, Consumer<FromBuilder> events) {
            BuildResult result = builder.build(request, context, events);
            pods.imagesChanged();
            return result;
        }
    }
}
