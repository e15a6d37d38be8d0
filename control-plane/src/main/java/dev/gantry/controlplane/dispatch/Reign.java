package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.CONFIG_MAPS;
import static dev.gantry.controlplane.resource.Resources.ENDPOINT_SLICES;
import static dev.gantry.controlplane.resource.Resources.IMAGES;
import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static dev.gantry.controlplane.resource.Resources.SECRETS;
import static dev.gantry.controlplane.resource.Resources.SERVICES;

import dev.gantry.controlplane.event.EventRecorder;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.ClusterObjects.ChangeListener;
import dev.gantry.controlplane.resource.TypedResource;
import dev.gantry.controlplane.resource.model.Image;
import dev.gantry.controlplane.resource.model.ImageSpec;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.Hello;
import dev.gantry.wire.node.v1.MetricsBatch;
import dev.gantry.wire.node.v1.NodeStatus;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.Refused;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.TicketRefused;
import dev.gantry.wire.node.v1.ToAgent;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.Status;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that dispatch knows and does while this replica leads, once. Ends when leadership does and is never used again. */
final class Reign implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reign.class);
    private static final Duration SILENCE = Duration.ofSeconds(15);
    private static final long TICK_MILLIS = 100;

    private final Fence fence;
    private final ClusterObjects objects;
    private final ClusterSettings settings;
    private final Clock clock;
    private final Listener listener;
    private final PodIndex index = new PodIndex();
    private final PodConverter converter;
    private final ServiceTable table;
    private final RouteTable routes;
    private final StopGate gate;
    private final StatusWriter statusWriter;
    private final PodEvents events;
    private final NodeObjects nodes;
    private final ImageRecords images;
    private final ConcurrentMap<String, NodeSession> sessions = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Instant> disconnected = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Set<String>> heldImages = new ConcurrentHashMap<>();
    private final List<AutoCloseable> watches = new ArrayList<>();
    private final CountDownLatch loaded = new CountDownLatch(1);
    private final Thread loader;
    private final Thread ticker;
    private volatile boolean over;

    /** What happens in a reign that others want to know. */
    interface Listener {
        void presenceChanged(String nodeName);

        void ticketRefused(String nodeName, TicketRefused refused);

        void refused(String nodeName, Refused refused);

        void metrics(String nodeName, MetricsBatch metrics);
    }

    Reign(
            Fence fence,
            ClusterObjects objects,
            ClusterSettings settings,
            ImageRecords images,
            Clock clock,
            Listener listener) {
        this.fence = fence;
        this.objects = objects;
        this.settings = settings;
        this.images = images;
        this.clock = clock;
        this.listener = listener;
        this.converter = new PodConverter(settings);
        this.table = new ServiceTable(objects::revision, this::wakeAll);
        this.routes = new RouteTable(this::wakeAll);
        this.gate = new StopGate(table, this::appliedEverywhere, System::nanoTime, this::mayStop);
        this.statusWriter = new StatusWriter(objects, fence, clock);
        this.events = new PodEvents(new EventRecorder(objects, clock, PodEvents.COMPONENT), fence);
        this.nodes = new NodeObjects(objects, fence, settings.podRange(), clock);
        this.loader = Thread.ofVirtual().name("dispatch-load").unstarted(this::load);
        this.ticker = Thread.ofVirtual().name("dispatch-tick").unstarted(this::tick);
    }

    void start() {
        statusWriter.start();
        events.start();
        loader.start();
        ticker.start();
    }

    /** A watch tells everything there is before it returns: nodes may connect once all have begun. */
    private void load() {
        try {
            watch(PODS, this::podChanged, this::lookAtAll);
            watch(SERVICES, table::serviceChanged, () -> table.retainServices(objects.list(SERVICES, null)));
            watch(ENDPOINT_SLICES, table::sliceChanged, () -> table.retainSlices(objects.list(ENDPOINT_SLICES, null)));
            watch(NODES, this::nodeChanged, () -> routes.retain(objects.list(NODES, null)));
            watch(CONFIG_MAPS, referenced(Reference.Kind.CONFIG_MAP), this::lookAtAll);
            watch(SECRETS, referenced(Reference.Kind.SECRET), this::lookAtAll);
            watch(IMAGES, this::imageChanged, this::lookAtAll);
            loaded.countDown();
            LOG.info("Epoch {}: nodes may connect", fence.epoch());
        } catch (StoreException e) {
            LOG.warn("Epoch {}: the cluster's objects could not be read: {}", fence.epoch(), e.getMessage());
        }
    }

    private void wakeAll() {
        sessions().forEach(NodeSession::wake);
    }

    private void lookAtAll() {
        sessions().forEach(session -> session.look(index.uids(session.nodeName())));
    }

    /** @param missed called when changes may have been missed; everything there is follows */
    private <T extends HasMetadata> void watch(
            TypedResource<T> resource, BiConsumer<@Nullable T, @Nullable T> changed, Runnable missed) {
        AutoCloseable watch = objects.watch(resource, new ChangeListener<T>() {
            @Override
            public void changed(@Nullable T before, @Nullable T after) {
                changed.accept(before, after);
            }

            @Override
            public void resynchronized() {
                missed.run();
            }
        });
        synchronized (watches) {
            watches.add(watch);
            if (over) {
                closeQuietly(watch);
            }
        }
    }

    private void imageChanged(@Nullable Image before, @Nullable Image after) {
        Image image = after == null ? before : after;
        ImageSpec spec = image == null ? null : image.getSpec();
        String name = spec == null ? null : spec.getName();
        if (name != null) {
            Reference reference = new Reference(Reference.Kind.IMAGE, "", name);
            sessions().forEach(session -> session.look(reference));
        }
    }

    /** A node that is heard again within its session is Ready again; one whose object is gone must register anew. */
    private void nodeChanged(@Nullable Node before, @Nullable Node after) {
        routes.nodeChanged(before, after);
        Node node = after == null ? before : after;
        NodeSession session =
                node == null ? null : sessions.get(node.getMetadata().getName());
        if (session == null) {
            return;
        }
        if (after == null) {
            session.end(Status.ABORTED.withDescription("the node's object was deleted; register anew"));
        } else if (session.isReady()
                && !NodeStatusConverter.isReady(after)
                && session.lastHeard().isAfter(clock.instant().minus(SILENCE))) {
            Thread.ofVirtual()
                    .name("node-ready")
                    .start(() -> write(session.nodeName(), "ready", () -> nodes.ready(session.nodeName())));
        }
    }

    private <T extends HasMetadata> BiConsumer<@Nullable T, @Nullable T> referenced(Reference.Kind kind) {
        return (before, after) -> {
            T object = after == null ? before : after;
            if (object != null) {
                Reference reference = new Reference(
                        kind,
                        object.getMetadata().getNamespace(),
                        object.getMetadata().getName());
                sessions().forEach(session -> session.look(reference));
            }
        };
    }

    private void podChanged(@Nullable Pod before, @Nullable Pod after) {
        String node = index.changed(before, after);
        NodeSession session = node == null ? null : sessions.get(node);
        Pod pod = after == null ? before : after;
        if (session != null && pod != null) {
            session.look(Set.of(pod.getMetadata().getUid()));
            if (before != null) {
                session.look(Set.of(before.getMetadata().getUid()));
            }
        }
    }

    private void tick() {
        try {
            while (!over) {
                TimeUnit.MILLISECONDS.sleep(TICK_MILLIS);
                gate.recheck();
                Instant silent = clock.instant().minus(SILENCE);
                for (NodeSession session : sessions()) {
                    if (session.lastHeard().isBefore(silent)) {
                        session.end(Status.UNAVAILABLE.withDescription("nothing was heard for " + SILENCE));
                    }
                }
            }
        } catch (InterruptedException e) {
            // the reign is over
        }
    }

    /** Serves an agent until its session ends; blocks. */
    void serve(String nodeName, String keyFingerprint, Hello hello, BlockingCall<FromAgent, ToAgent> call) {
        String range = nodes.register(nodeName, keyFingerprint, hello.getNode());
        nodes.report(nodeName, hello.getBootId(), hello.getAgentVersion(), hello.getNode());
        NodeSession session = new NodeSession(this, nodeName, hello, call);
        NodeSession before = sessions.put(nodeName, session);
        if (before != null) {
            before.end(Status.ABORTED.withDescription("the node has opened another session"));
        }
        if (over) {
            session.end(Status.UNAVAILABLE.withDescription("this control plane no longer leads"));
        }
        listener.presenceChanged(nodeName);
        held(nodeName, hello.getNode());
        try {
            session.run(() -> settings.forNode(range));
        } finally {
            if (sessions.remove(nodeName, session)) {
                disconnected.put(nodeName, session.lastHeard());
                listener.presenceChanged(nodeName);
            }
        }
    }

    /** @return whether all objects have been read */
    boolean awaitLoaded(Duration timeout) throws InterruptedException {
        return loaded.await(timeout.toMillis(), TimeUnit.MILLISECONDS) && !over;
    }

    boolean send(String nodeName, Ticket ticket) {
        NodeSession session = sessions.get(nodeName);
        return session != null && session.offer(ticket);
    }

    Map<String, NodePresence.Presence> presence() {
        Map<String, NodePresence.Presence> presence = new HashMap<>();
        disconnected.forEach((node, at) -> presence.put(node, new NodePresence.Presence(false, false, at)));
        sessions.forEach((node, session) ->
                presence.put(node, new NodePresence.Presence(true, session.isReady(), session.lastHeard())));
        return presence;
    }

    /** Nodes that have gone only a moment ago still count: they may be sending connections. */
    private boolean appliedEverywhere(long revision) {
        Instant recent = clock.instant().minus(SILENCE);
        return sessions().stream().allMatch(session -> !session.isReady() || session.servicesApplied() >= revision)
                && disconnected.entrySet().stream()
                        .allMatch(gone -> sessions.containsKey(gone.getKey())
                                || gone.getValue().isBefore(recent));
    }

    private void mayStop(String podUid) {
        sessions().forEach(session -> {
            if (index.find(session.nodeName(), podUid) != null) {
                session.look(Set.of(podUid));
            }
        });
    }

    private List<NodeSession> sessions() {
        return List.copyOf(sessions.values());
    }

    PodAssignments assignments(String nodeName) {
        return new PodAssignments(nodeName, objects, index, converter, gate);
    }

    Set<String> bound(String nodeName) {
        return index.uids(nodeName);
    }

    boolean isBound(String nodeName, String podUid) {
        return index.find(nodeName, podUid) != null;
    }

    ServiceTable.Version table() {
        return table.current();
    }

    RouteTable.Version routes() {
        return routes.current();
    }

    long revision() {
        return objects.revision();
    }

    Instant now() {
        return clock.instant();
    }

    long epoch() {
        return fence.epoch();
    }

    ToAgent stamp(ToAgent.Builder message) {
        return message.setEpoch(fence.epoch())
                .setClusterId(settings.clusterId())
                .build();
    }

    void status(StatusWriter.Report report) {
        statusWriter.offer(report);
    }

    void event(String nodeName, PodEvent event) {
        events.offer(nodeName, event);
    }

    void servicesApplied() {
        gate.recheck();
    }

    void ready(NodeSession session) {
        write(session.nodeName(), "ready", () -> nodes.ready(session.nodeName()));
        listener.presenceChanged(session.nodeName());
    }

    void nodeStatus(String nodeName, String bootId, String agentVersion, NodeStatus status) {
        write(nodeName, "status", () -> nodes.report(nodeName, bootId, agentVersion, status));
        held(nodeName, status);
    }

    void ticketRefused(String nodeName, TicketRefused refused) {
        listener.ticketRefused(nodeName, refused);
    }

    void refused(String nodeName, Refused refused) {
        listener.refused(nodeName, refused);
    }

    void metrics(String nodeName, MetricsBatch metrics) {
        listener.metrics(nodeName, metrics);
    }

    private void held(String nodeName, NodeStatus status) {
        Set<String> digests = new HashSet<>();
        status.getImagesList().forEach(image -> digests.add(image.getDigest()));
        if (!digests.equals(heldImages.put(nodeName, digests))) {
            write(nodeName, "images", () -> images.held(nodeName, status.getImagesList(), fence));
        }
    }

    /** The store may be away: the node says it again, and its session must not end for it. */
    private static void write(String nodeName, String what, Runnable write) {
        try {
            write.run();
        } catch (StoreException | ApiException e) {
            LOG.warn("The {} of node {} could not be written: {}", what, nodeName, e.getMessage());
        }
    }

    @Override
    public void close() {
        over = true;
        loaded.countDown();
        loader.interrupt();
        ticker.interrupt();
        statusWriter.close();
        events.close();
        synchronized (watches) {
            watches.forEach(Reign::closeQuietly);
        }
        sessions()
                .forEach(session ->
                        session.end(Status.UNAVAILABLE.withDescription("this control plane no longer leads")));
    }

    private static void closeQuietly(AutoCloseable watch) {
        try {
            watch.close();
        } catch (Exception e) {
            LOG.warn("A watch could not be closed", e);
        }
    }
}
