package dev.gantry.controlplane.dispatch;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.ContainerStatus;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.Hello;
import dev.gantry.wire.node.v1.NodeRoutes;
import dev.gantry.wire.node.v1.NodeSettings;
import dev.gantry.wire.node.v1.Ping;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.ToAgent;
import dev.gantry.wire.node.v1.Welcome;
import io.grpc.Status;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One agent's session during one reign. What is to be sent is kept as the set of pods to look at, not as messages: a slow agent costs no memory, and gets
 * the latest state when it is ready again. The caller's thread reads, a thread of the session's own sends.
 */
final class NodeSession {
    private static final Logger LOG = LoggerFactory.getLogger(NodeSession.class);
    private static final CrashPoint SENT = CrashPoint.of("dispatch.assignments-sent");
    private static final int TICKETS = 1_000;
    private static final long PING_SECONDS = 5;

    private final String nodeName;
    private final String bootId;
    private final String agentVersion;
    private final Reign reign;
    private final BlockingCall<FromAgent, ToAgent> call;
    private final PodAssignments assignments;
    private final Map<String, PodStatus> statuses = new ConcurrentHashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<String> dirty = new HashSet<>();
    private final Deque<Ticket> tickets = new ArrayDeque<>();
    private boolean ended;

    private long snapshotRevision = Long.MAX_VALUE;
    private volatile boolean ready;
    private volatile long servicesApplied = -1;
    private volatile Instant lastHeard;

    NodeSession(Reign reign, String nodeName, Hello hello, BlockingCall<FromAgent, ToAgent> call) {
        this.reign = reign;
        this.nodeName = nodeName;
        this.bootId = hello.getBootId();
        this.agentVersion = hello.getAgentVersion();
        this.call = call;
        this.assignments = reign.assignments(nodeName);
        this.lastHeard = reign.now();
        hello.getPodsList().forEach(status -> statuses.put(status.getPod().getUid(), status));
    }

    String nodeName() {
        return nodeName;
    }

    boolean isReady() {
        return ready;
    }

    Instant lastHeard() {
        return lastHeard;
    }

    /** -1 before the first table. */
    long servicesApplied() {
        return servicesApplied;
    }

    /** Reads until the session ends. */
    void run(Supplier<NodeSettings> settings) {
        Thread sender = Thread.ofVirtual().name("session-send-" + nodeName).start(() -> send(settings));
        try {
            statuses.values().forEach(this::report);
            for (FromAgent message = call.read(); message != null; message = call.read()) {
                lastHeard = reign.now();
                received(message);
            }
        } catch (IOException e) {
            LOG.info("The session of node {} has ended: {}", nodeName, e.getMessage());
        } finally {
            end(Status.CANCELLED.withDescription("the session is over"));
            sender.interrupt();
        }
    }

    void end(Status status) {
        lock.lock();
        try {
            ended = true;
            ready = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        call.cancel(status);
    }

    /** Pods of this node to look at again. */
    void look(Set<String> uids) {
        if (uids.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            dirty.addAll(uids);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void look(Reference reference) {
        look(assignments.users(reference));
    }

    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** @return false when the session is over, or the agent takes nothing */
    boolean offer(Ticket ticket) {
        lock.lock();
        try {
            if (ended || tickets.size() >= TICKETS) {
                return false;
            }
            tickets.add(ticket);
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void received(FromAgent message) {
        switch (message.getMessageCase()) {
            case ASSIGNMENTS_ACCEPTED ->
                accepted(message.getAssignmentsAccepted().getRevision());
            case STATUSES -> message.getStatuses().getPodsList().forEach(this::status);
            case SERVICES_APPLIED -> {
                servicesApplied = message.getServicesApplied().getRevision();
                reign.servicesApplied();
            }
            case EVENTS ->
                message.getEvents().getEventsList().stream()
                        .filter(event -> reign.isBound(nodeName, event.getPod().getUid()))
                        .forEach(event -> reign.event(nodeName, event));
            case TICKET_REFUSED -> reign.ticketRefused(nodeName, message.getTicketRefused());
            case NODE_STATUS -> reign.nodeStatus(nodeName, bootId, agentVersion, message.getNodeStatus());
            case REFUSED -> reign.refused(nodeName, message.getRefused());
            case HELLO -> end(Status.INVALID_ARGUMENT.withDescription("a second hello in one session; open a new one"));
            case METRICS -> reign.metrics(nodeName, message.getMetrics());
            case HEARTBEAT, MESSAGE_NOT_SET -> {
                // heard, which is all
            }
        }
    }

    private void accepted(long revision) {
        lock.lock();
        try {
            if (ready || ended || revision < snapshotRevision) {
                return;
            }
            ready = true;
        } finally {
            lock.unlock();
        }
        reign.ready(this);
    }

    private void status(PodStatus status) {
        String uid = status.getPod().getUid();
        PodStatus before = statuses.get(uid);
        if (before != null && status.getSequence() < before.getSequence()) {
            return;
        }
        statuses.put(uid, status);
        if (!reign.isBound(nodeName, uid)) {
            // gone from the store: the agent may forget it
            look(Set.of(uid));
            return;
        }
        report(status);
        if (before == null || generations(before) != generations(status)) {
            look(Set.of(uid));
        }
    }

    private void report(PodStatus status) {
        reign.status(new StatusWriter.Report(
                nodeName, status, assignments.holds(status.getPod().getUid())));
    }

    /** Changes when a container runs another image or generation. */
    private static int generations(PodStatus status) {
        return Stream.concat(status.getInitContainersList().stream(), status.getContainersList().stream())
                .mapToInt(NodeSession::generation)
                .sum();
    }

    private static int generation(ContainerStatus container) {
        return container.getName().hashCode() * 31
                + Long.hashCode(container.getSpecGeneration()) * 17
                + container.getImage().getName().hashCode();
    }

    private void send(Supplier<NodeSettings> current) {
        try {
            NodeSettings settings = current.get();
            write(ToAgent.newBuilder().setWelcome(Welcome.newBuilder().setSettings(settings)));
            RouteTable.Version routes = reign.routes();
            write(ToAgent.newBuilder().setRoutes(routes.whole(nodeName)));
            ServiceTable.Version table = reign.table();
            for (ToAgent part : Messages.services(table)) {
                write(part.toBuilder());
            }
            sendSnapshot();
            while (true) {
                Work work = await(table, routes);
                if (work == null) {
                    return;
                }
                NodeSettings latest = current.get();
                if (!latest.equals(settings)) {
                    // another control plane has joined, say; looked at with each ping at the latest
                    settings = latest;
                    write(ToAgent.newBuilder().setSettings(settings));
                }
                for (Ticket ticket : work.tickets()) {
                    write(ToAgent.newBuilder().setTicket(ticket));
                }
                Optional<NodeRoutes> newRoutes = work.routes().since(routes, nodeName);
                if (newRoutes.isPresent()) {
                    write(ToAgent.newBuilder().setRoutes(newRoutes.get()));
                }
                routes = work.routes();
                if (work.table().revision() != table.revision()) {
                    write(ToAgent.newBuilder().setServicesDelta(work.table().since(table)));
                    table = work.table();
                }
                sendChanges(work.uids());
                if (work.isEmpty()) {
                    write(ToAgent.newBuilder().setPing(Ping.newBuilder().setNonce(System.nanoTime())));
                }
            }
        } catch (IOException e) {
            LOG.debug("Nothing more is sent to node {}: {}", nodeName, e.getMessage());
        } catch (InterruptedException e) {
            // the session is over
        } catch (RuntimeException e) {
            LOG.error("Sending to node {} failed; its agent will connect again", nodeName, e);
            end(Status.INTERNAL.withDescription("the control plane failed: " + e));
        }
    }

    private void sendSnapshot() throws IOException {
        // read before the objects: the snapshot is at least as new as it says
        long revision = reign.revision();
        PodAssignments.Changes changes = assignments.update(reign.bound(nodeName), statuses::get, revision);
        lock.lock();
        try {
            snapshotRevision = revision;
        } finally {
            lock.unlock();
        }
        for (ToAgent part : Messages.snapshot(revision, changes.assignments(), changes.files())) {
            write(part.toBuilder());
        }
        SENT.reach();
        changes.newHolds().forEach(this::reportAgain);
    }

    private void sendChanges(Set<String> uids) throws IOException {
        if (uids.isEmpty()) {
            return;
        }
        long revision = reign.revision();
        PodAssignments.Changes changes = assignments.update(uids, statuses::get, revision);
        for (ToAgent message : Messages.delta(revision, changes)) {
            write(message.toBuilder());
        }
        SENT.reach();
        changes.forgotten().forEach(statuses::remove);
        changes.newHolds().forEach(this::reportAgain);
    }

    private void reportAgain(String uid) {
        PodStatus status = statuses.get(uid);
        if (status != null) {
            report(status);
        }
    }

    /** @param uids empty, as all else, when it is time for a ping */
    private record Work(
            Set<String> uids,
            List<Ticket> tickets,
            ServiceTable.Version table,
            RouteTable.Version routes,
            boolean sameTables) {
        boolean isEmpty() {
            return uids.isEmpty() && tickets.isEmpty() && sameTables;
        }
    }

    private @Nullable Work await(ServiceTable.Version sent, RouteTable.Version sentRoutes) throws InterruptedException {
        lock.lock();
        try {
            long left = TimeUnit.SECONDS.toNanos(PING_SECONDS);
            while (!ended
                    && dirty.isEmpty()
                    && tickets.isEmpty()
                    && reign.table().revision() == sent.revision()
                    && reign.routes() == sentRoutes
                    && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (ended) {
                return null;
            }
            ServiceTable.Version table = reign.table();
            RouteTable.Version routes = reign.routes();
            boolean same = table.revision() == sent.revision() && routes == sentRoutes;
            Work work = new Work(Set.copyOf(dirty), List.copyOf(tickets), table, routes, same);
            dirty.clear();
            tickets.clear();
            return work;
        } finally {
            lock.unlock();
        }
    }

    private void write(ToAgent.Builder message) throws IOException {
        call.write(reign.stamp(message));
    }
}
