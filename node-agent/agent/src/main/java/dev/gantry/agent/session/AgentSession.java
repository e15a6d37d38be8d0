package dev.gantry.agent.session;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.build.Builder;
import dev.gantry.agent.network.NodeNetwork;
import dev.gantry.agent.pod.PodHost;
import dev.gantry.agent.pod.PodStreams;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.Hello;
import dev.gantry.wire.node.v1.NodeServiceGrpc;
import dev.gantry.wire.node.v1.NodeSettings;
import dev.gantry.wire.node.v1.NodeStatus;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.ToAgent;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this host in touch with the leader for as long as the agent runs: dials, says hello, hands what comes to the pods and the network, says what they
 * have to say, and dials again, with a growing and scattered delay. Containers don't depend on it.
 */
public final class AgentSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AgentSession.class);
    private static final Duration STALL = Duration.ofSeconds(20);
    /** More than two pings of the leader. */
    private static final Duration SILENCE = Duration.ofSeconds(12);

    private static final Duration FACTS_PERIOD = Duration.ofSeconds(5);
    private static final long SHORTEST_DELAY_MILLIS = 100;
    private static final long LONGEST_DELAY_MILLIS = 5_000;
    /** While a control plane answers that it does not lead: somebody soon will. */
    private static final long LONGEST_UNLED_MILLIS = 1_000;

    private static final int DOZING = 3;

    private final NodeIdentity identity;
    private final List<String> seeds;
    private final PodHost pods;
    private final NodeNetwork network;
    private final Supplier<NodeStatus> nodeStatus;
    private final String bootId;
    private final String version;
    private final Clock clock;
    private final RandomGenerator random;
    private final Duration silence;
    private final EpochMemory epochs;
    private final ControlPlaneMemory controlPlanes;
    private final ControlPlaneChannels channels;
    private final CertificateRenewal renewal;
    private final Outbox outbox = new Outbox();
    private final TicketDialer dialer;
    private final Deque<SessionConnection> dozing = new ArrayDeque<>();
    private final Thread runner;
    private final Thread facts;
    private final AtomicReference<@Nullable SessionConnection> current = new AtomicReference<>();
    private volatile Consumer<State> changes = state -> {};
    private volatile boolean closed;
    private volatile String connectedTo = "";
    private volatile String problem = "";
    private volatile @Nullable NodeStatus lastFacts;

    /**
     * @param seeds host:port of control planes to dial first
     * @param nodeStatus what this host is and has now; called every few seconds, must not block for long
     * @param bootId of /proc/sys/kernel/random/boot_id
     * @throws IOException when the state directory can't be read
     */
    public AgentSession(
            NodeIdentity identity,
            List<String> seeds,
            Path stateDirectory,
            PodHost pods,
            PodStreams streams,
            NodeNetwork network,
            Builder builder,
            Supplier<NodeStatus> nodeStatus,
            String bootId,
            String version,
            Clock clock,
            RandomGenerator random)
            throws IOException {
        this(
                identity,
                seeds,
                stateDirectory,
                pods,
                streams,
                network,
                builder,
                nodeStatus,
                bootId,
                version,
                clock,
                random,
                SILENCE);
    }

    AgentSession(
            NodeIdentity identity,
            List<String> seeds,
            Path stateDirectory,
            PodHost pods,
            PodStreams streams,
            NodeNetwork network,
            Builder builder,
            Supplier<NodeStatus> nodeStatus,
            String bootId,
            String version,
            Clock clock,
            RandomGenerator random,
            Duration silence)
            throws IOException {
        this.silence = requireNonNull(silence, "silence is null");
        this.identity = requireNonNull(identity, "identity is null");
        this.seeds = List.copyOf(seeds);
        this.pods = requireNonNull(pods, "pods is null");
        this.network = requireNonNull(network, "network is null");
        this.nodeStatus = requireNonNull(nodeStatus, "nodeStatus is null");
        this.bootId = requireNonNull(bootId, "bootId is null");
        this.version = requireNonNull(version, "version is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.random = requireNonNull(random, "random is null");
        this.epochs = EpochMemory.open(stateDirectory, identity.clusterId());
        this.controlPlanes = ControlPlaneMemory.open(stateDirectory);
        this.channels = ControlPlaneChannels.of(identity);
        this.renewal = new CertificateRenewal(identity, stateDirectory, channels, clock);
        this.dialer = new TicketDialer(channels, streams, builder, outbox);
        this.runner = Thread.ofVirtual().name("session").unstarted(this::run);
        this.facts = Thread.ofVirtual().name("session-facts").unstarted(this::watchFacts);
        // from here on: what pods do as they are taken up is told to the first leader
        pods.listen(new PodHost.Listener() {
            @Override
            public void statusChanged(PodStatus status) {
                outbox.status(status);
            }

            @Override
            public void event(PodEvent event) {
                outbox.event(event);
            }
        });
    }

    /** Once. */
    public void start() {
        runner.start();
        facts.start();
    }

    /** Called with each change of the state, on a thread of the session's; before {@link #start}. */
    public void onChange(Consumer<State> listener) {
        changes = requireNonNull(listener, "listener is null");
    }

    private void changed() {
        changes.accept(state());
    }

    /** How things stand, for {@code gantry status} and tests. */
    public State state() {
        return new State(connectedTo, problem, epochs.highest(), epochs.refusedStale(), epochs.refusedForeign());
    }

    /** host:port of the control planes that are known now, that with the open session first. */
    public List<String> controlPlanes() {
        Set<String> all = new LinkedHashSet<>();
        String leader = connectedTo;
        if (!leader.isEmpty()) {
            all.add(leader);
        }
        all.addAll(known());
        return List.copyOf(all);
    }

    /** For other requests to control planes: shows the node's certificate. Another one after that was renewed. */
    public SSLContext tls() {
        return channels.plainTls();
    }

    /**
     * @param leader host:port of the leader whose session is open; empty for none
     * @param problem why the last connection ended; empty while one is open
     * @param refusedStale messages of deposed leaders that were refused since the agent began
     * @param refusedForeign messages of other clusters that were refused since the agent began
     */
    public record State(String leader, String problem, long epoch, long refusedStale, long refusedForeign) {}

    @Override
    public void close() {
        closed = true;
        runner.interrupt();
        facts.interrupt();
        SessionConnection connection = current.get();
        if (connection != null) {
            connection.close("the agent stops");
        }
        synchronized (dozing) {
            dozing.forEach(dozer -> dozer.close("the agent stops"));
        }
        dialer.close();
    }

    private void run() {
        Deque<String> hints = new ArrayDeque<>();
        int failures = 0;
        int next = 0;
        try {
            while (!closed) {
                List<String> known = known();
                boolean hinted = !hints.isEmpty();
                String address = hinted ? hints.removeFirst() : known.get(next++ % known.size());
                boolean wasOpen = false;
                long longest = LONGEST_DELAY_MILLIS;
                switch (connect(address)) {
                    case SessionConnection.End.Elsewhere elsewhere -> {
                        problem = "%s does not lead: %s"
                                .formatted(address, elsewhere.answer().getReason());
                        longest = LONGEST_UNLED_MILLIS;
                        // one step only: two may name each other
                        if (!hinted) {
                            hints.addAll(elsewhere.answer().getLeaderAddressesList());
                            hints.remove(address);
                        }
                    }
                    case SessionConnection.End.Broken broken -> {
                        wasOpen = !connectedTo.isEmpty();
                        problem = "%s: %s".formatted(address, broken.problem());
                    }
                }
                connectedTo = "";
                changed();
                failures = wasOpen ? 0 : failures + 1;
                if (!closed && hints.isEmpty()) {
                    LOG.info("No session: {}", problem);
                    TimeUnit.MILLISECONDS.sleep(delay(failures, longest));
                }
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    /** Exponential, with full jitter above a half, so that a fleet doesn't come back at one moment. */
    private long delay(int failures, long longest) {
        long ceiling = Math.min(longest, SHORTEST_DELAY_MILLIS << Math.min(failures, 10));
        return ceiling / 2 + random.nextLong(ceiling / 2 + 1);
    }

    private List<String> known() {
        Set<String> all = new LinkedHashSet<>(seeds);
        all.addAll(controlPlanes.addresses());
        return List.copyOf(all);
    }

    private SessionConnection.End connect(String address) throws InterruptedException {
        ManagedChannel channel;
        try {
            channel = channels.open(address);
        } catch (IllegalArgumentException e) {
            return new SessionConnection.End.Broken(String.valueOf(e.getMessage()));
        }
        BlockingCall<ToAgent, FromAgent> call = BlockingCall.client(STALL);
        NodeServiceGrpc.newStub(channel).session(call.clientObserver());
        SessionConnection connection = new SessionConnection(
                call,
                epochs,
                pods,
                network,
                outbox,
                ticket -> dialer.dial(ticket, address, channel),
                settings -> welcomed(address, settings));
        current.set(connection);
        AtomicReference<SessionConnection.@Nullable End> end = new AtomicReference<>();
        Thread reader = Thread.ofVirtual().name("session-read").start(() -> {
            try {
                end.set(connection.run(hello()));
            } catch (RuntimeException e) {
                LOG.error("The session failed; dialling again", e);
                end.set(new SessionConnection.End.Broken("the agent failed: " + e));
            } finally {
                channel.shutdown();
                doze(connection, false);
            }
        });
        try {
            while (!reader.join(Duration.ofSeconds(1))) {
                if (System.nanoTime() - connection.lastHeardNanos() > silence.toNanos()) {
                    connection.supersede();
                    doze(connection, true);
                    return new SessionConnection.End.Broken("nothing was heard for " + silence);
                }
            }
        } finally {
            current.compareAndSet(connection, null);
        }
        SessionConnection.End result = end.get();
        return result == null ? new SessionConnection.End.Broken("the session ended") : result;
    }

    /** Connections that have fallen silent are read on, a few at most. */
    private void doze(SessionConnection connection, boolean add) {
        synchronized (dozing) {
            dozing.remove(connection);
            if (add) {
                dozing.addLast(connection);
                if (dozing.size() > DOZING) {
                    dozing.removeFirst().close("given up");
                }
            }
        }
    }

    private void welcomed(String address, NodeSettings settings) {
        boolean opened = !address.equals(connectedTo);
        connectedTo = address;
        problem = "";
        controlPlanes.learn(settings.getControlPlanesList());
        if (opened) {
            changed();
            LOG.info("The session to the leader at {} is open", address);
        }
    }

    private Hello hello() {
        NodeStatus status = nodeStatus.get();
        lastFacts = status;
        return Hello.newBuilder()
                .setClusterId(identity.clusterId())
                .setNodeName(identity.nodeName())
                .setBootId(bootId)
                .setHighestEpoch(epochs.highest())
                .setAssignmentsRevision(pods.revision())
                .setNode(status)
                .addAllPods(pods.statuses())
                .setAgentVersion(version)
                .setWallClockMillis(clock.millis())
                .build();
    }

    private void watchFacts() {
        try {
            while (!closed) {
                TimeUnit.NANOSECONDS.sleep(FACTS_PERIOD.toNanos());
                String leader = connectedTo;
                if (!leader.isEmpty()) {
                    renewal.renewIfDue(leader);
                }
                NodeStatus status = nodeStatus.get();
                if (!connectedTo.isEmpty() && !Objects.equals(lastFacts, status)) {
                    lastFacts = status;
                    outbox.nodeStatus(status);
                }
            }
        } catch (InterruptedException e) {
            // closed
        }
    }
}
