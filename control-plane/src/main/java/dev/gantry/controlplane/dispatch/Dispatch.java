package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.NODES;
import static java.util.Objects.requireNonNull;

import dev.gantry.common.identity.Keys;
import dev.gantry.controlplane.identity.ClusterAuthority;
import dev.gantry.controlplane.identity.JoinTokens;
import dev.gantry.controlplane.identity.NodeAdmission;
import dev.gantry.controlplane.leader.Leadership;
import dev.gantry.controlplane.registry.ImageNames;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.stream.BuildEndpoint;
import dev.gantry.controlplane.stream.LeaderTickets;
import dev.gantry.controlplane.stream.NodeStreams;
import dev.gantry.controlplane.stream.TicketSender;
import dev.gantry.controlplane.stream.TicketedStreams;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.Hello;
import dev.gantry.wire.node.v1.MetricsBatch;
import dev.gantry.wire.node.v1.NotLeader;
import dev.gantry.wire.node.v1.Refused;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.TicketRefused;
import dev.gantry.wire.node.v1.ToAgent;
import io.grpc.BindableService;
import io.grpc.Status;
import java.io.IOException;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings bound pods to their nodes and what nodes say back. To be registered as a part of {@link Leadership}, its {@link #services} to be served, {@link
 * #joinPath} open to hosts without a certificate.
 */
public final class Dispatch
        implements Leadership.Term.Part, NodePresence, TicketSender, LeaderTickets.Sessions, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatch.class);
    private static final Duration LOADING = Duration.ofSeconds(10);

    private final Leadership leadership;
    private final ClusterObjects objects;
    private final ClusterSettings settings;
    private final String replicaAddress;
    private final NodeAdmission admission;
    private final Clock clock;
    private final ImageRecords images;
    private final LeaderTickets leader;
    private final TicketedStreams streams;
    private final List<BindableService> services;
    private final List<Consumer<String>> presenceListeners = new CopyOnWriteArrayList<>();
    private final List<BiConsumer<String, MetricsBatch>> metricsListeners = new CopyOnWriteArrayList<>();
    private final Map<Refused.Reason, AtomicLong> refusals = new EnumMap<>(Refused.Reason.class);
    private final AtomicLong notLed = new AtomicLong();
    private volatile @Nullable Reign reign;

    /**
     * @param replicaAddress host:port of this control plane, as agents dial it
     * @param leader by whom tickets go while another control plane leads
     */
    public Dispatch(
            Leadership leadership,
            ClusterObjects objects,
            ClusterAuthority authority,
            JoinTokens tokens,
            ClusterSettings settings,
            String replicaAddress,
            LeaderTickets leader,
            Clock clock) {
        this.leadership = requireNonNull(leadership, "leadership is null");
        this.objects = requireNonNull(objects, "objects is null");
        this.settings = requireNonNull(settings, "settings is null");
        this.replicaAddress = requireNonNull(replicaAddress, "replicaAddress is null");
        this.leader = requireNonNull(leader, "leader is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.admission = new NodeAdmission(authority, tokens, objects);
        this.images = new ImageRecords(objects);
        this.streams = new TicketedStreams(this, replicaAddress, images);
        this.services =
                List.of(new NodeEndpoint(this, admission, streams, authority, settings), new BuildEndpoint(streams));
        for (Refused.Reason reason : Refused.Reason.values()) {
            refusals.put(reason, new AtomicLong());
        }
    }

    /** To be served on the control plane's port, with client certificates. */
    public List<BindableService> services() {
        return services;
    }

    /** The one call that needs no client certificate: it carries a secret of its own. */
    public static String joinPath() {
        return "/gantry.node.v1.NodeService/Join";
    }

    /**
     * What the registry's names mean.
     *
     * @param current whether this replica's objects are all there are
     */
    public ImageNames imageNames(BooleanSupplier current) {
        return new RegistryNames(objects, images, current);
    }

    public NodeStreams streams() {
        return streams;
    }

    /** What agents refused, by reason, since this process began. */
    public Map<Refused.Reason, Long> refusedByAgents() {
        Map<Refused.Reason, Long> counts = new EnumMap<>(Refused.Reason.class);
        refusals.forEach((reason, count) -> counts.put(reason, count.get()));
        return counts;
    }

    /** Hellos that were turned away because this replica does not lead, was deposed, or is another cluster's, since this process began. */
    public long turnedAway() {
        return notLed.get();
    }

    /** Called with each batch of a node's figures; must not block. */
    public void listenToMetrics(BiConsumer<String, MetricsBatch> listener) {
        metricsListeners.add(requireNonNull(listener, "listener is null"));
    }

    @Override
    public void won(Leadership.Term term) {
        Reign next = new Reign(term.fence(), objects, settings, images, clock, new ReignListener());
        reign = next;
        next.start();
    }

    @Override
    public void lost() {
        Reign last = reign;
        reign = null;
        if (last != null) {
            last.close();
        }
    }

    @Override
    public void close() {
        lost();
    }

    @Override
    public Map<String, Presence> nodes() {
        Reign current = reign;
        return current == null ? Map.of() : current.presence();
    }

    /**
     * When a node was last heard in this reign, by this control plane's clock; empty for one that was not, and while this replica does not lead. What
     * node life needs.
     */
    public Optional<Instant> lastHeard(String nodeName) {
        return Optional.ofNullable(nodes().get(nodeName)).map(Presence::lastHeard);
    }

    @Override
    public void listen(Consumer<String> listener) {
        presenceListeners.add(requireNonNull(listener, "listener is null"));
    }

    @Override
    public void send(String nodeName, Ticket ticket) {
        if (reign == null && !leadership.leaderAddresses().contains(replicaAddress)) {
            leader.forward(nodeName, ticket, streams::refused);
        } else {
            sendHere(nodeName, ticket);
        }
    }

    @Override
    public void sendHere(String nodeName, Ticket ticket) {
        Reign current = reign;
        if (current == null) {
            throw new ApiException(
                    503,
                    "ServiceUnavailable",
                    "this control plane does not lead; ask the leader at " + leadership.leaderAddresses());
        }
        boolean here = ticket.getReplicaAddress().equals(replicaAddress);
        if (!current.send(
                nodeName, here ? ticket.toBuilder().clearReplicaAddress().build() : ticket)) {
            throw new ApiException(
                    503,
                    "ServiceUnavailable",
                    "node %s is not connected: check its agent with gantry status on that host".formatted(nodeName));
        }
    }

    @Override
    public String builder(@Nullable String preferred) {
        List<String> usable = reign == null ? readyNodes() : connectedNodes();
        if (preferred != null && usable.contains(preferred)) {
            return preferred;
        }
        return usable.stream()
                .findFirst()
                .orElseThrow(() -> new ApiException(
                        503, "ServiceUnavailable", "no node is connected to build on; look at: gantry get nodes"));
    }

    /** One that has just connected takes up its pods first, then the ticket: its session has an order. */
    private List<String> connectedNodes() {
        return nodes().entrySet().stream()
                .filter(node -> node.getValue().connected())
                .sorted(Comparator.comparing((Map.Entry<String, Presence> node) ->
                                !node.getValue().ready())
                        .thenComparing(Map.Entry::getKey))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** As far as a replica knows that does not lead. */
    private List<String> readyNodes() {
        return objects.list(NODES, null).stream()
                .filter(NodeStatusConverter::isReady)
                .map(node -> node.getMetadata().getName())
                .sorted()
                .toList();
    }

    /** Serves one agent's session; blocks until it ends. */
    void serve(String nodeName, PublicKey key, BlockingCall<FromAgent, ToAgent> call) {
        try {
            FromAgent first = call.read();
            if (first == null || !first.hasHello()) {
                call.cancel(Status.INVALID_ARGUMENT.withDescription("the first message must be a hello"));
                return;
            }
            Hello hello = first.getHello();
            Optional<Status> refusal = check(nodeName, key, hello);
            if (refusal.isPresent()) {
                call.cancel(refusal.get());
                return;
            }
            Reign current = reign;
            if (isForeign(hello)) {
                // before it is served: it would register itself here, under a key that blocks the name
                turnAway(
                        call,
                        "node %s is of cluster %s, this control plane of cluster %s"
                                .formatted(nodeName, hello.getClusterId(), settings.clusterId()));
            } else if (current == null || !current.awaitLoaded(LOADING)) {
                turnAway(call, "this control plane does not lead");
            } else if (hello.getHighestEpoch() > current.epoch()) {
                turnAway(
                        call,
                        "node %s has seen epoch %d, this control plane leads in %d: it is deposed"
                                .formatted(nodeName, hello.getHighestEpoch(), current.epoch()));
            } else {
                warnOfClock(nodeName, hello);
                current.serve(nodeName, Keys.fingerprint(key), hello, call);
            }
        } catch (IOException e) {
            call.cancel(Status.CANCELLED.withDescription(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            call.cancel(Status.UNAVAILABLE.withDescription("the control plane is stopping"));
        } catch (RuntimeException e) {
            LOG.warn("The session of node {} failed; its agent will connect again", nodeName, e);
            call.cancel(Status.UNAVAILABLE.withDescription(String.valueOf(e.getMessage())));
        }
    }

    private Optional<Status> check(String nodeName, PublicKey key, Hello hello) {
        if (!hello.getNodeName().equals(nodeName)) {
            return Optional.of(Status.PERMISSION_DENIED.withDescription(
                    "the certificate is node %s's, the hello says %s".formatted(nodeName, hello.getNodeName())));
        }
        if (!admission.speaksFor(nodeName, key)) {
            return Optional.of(Status.PERMISSION_DENIED.withDescription(
                    "node %s has joined with another key since; on this host run: gantry node reset, then join again"
                            .formatted(nodeName)));
        }
        return Optional.empty();
    }

    private boolean isForeign(Hello hello) {
        return !hello.getClusterId().isEmpty() && !hello.getClusterId().equals(settings.clusterId());
    }

    private void turnAway(BlockingCall<FromAgent, ToAgent> call, String reason) throws IOException {
        notLed.incrementAndGet();
        call.write(ToAgent.newBuilder()
                .setClusterId(settings.clusterId())
                .setNotLeader(NotLeader.newBuilder()
                        .addAllLeaderAddresses(leadership.leaderAddresses())
                        .setReason(reason))
                .build());
        call.complete();
    }

    private void warnOfClock(String nodeName, Hello hello) {
        long apart = Math.abs(clock.millis() - hello.getWallClockMillis());
        if (hello.getWallClockMillis() > 0 && apart > 5_000) {
            LOG.warn("The clock of node {} is {} ms off; times in its statuses are by its own clock", nodeName, apart);
        }
    }

    private final class ReignListener implements Reign.Listener {
        @Override
        public void presenceChanged(String nodeName) {
            presenceListeners.forEach(listener -> listener.accept(nodeName));
        }

        @Override
        public void ticketRefused(String nodeName, TicketRefused refused) {
            streams.refused(nodeName, refused);
            leader.refused(refused);
        }

        @Override
        public void refused(String nodeName, Refused refused) {
            requireNonNull(refusals.get(refused.getReason())).incrementAndGet();
            LOG.warn("Node {} refused ({}): {}", nodeName, refused.getReason(), refused.getMessage());
        }

        @Override
        public void metrics(String nodeName, MetricsBatch metrics) {
            metricsListeners.forEach(listener -> listener.accept(nodeName, metrics));
        }
    }
}
