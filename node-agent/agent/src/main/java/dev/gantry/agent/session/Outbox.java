package dev.gantry.agent.session;

import dev.gantry.wire.node.v1.AssignmentsAccepted;
import dev.gantry.wire.node.v1.EventBatch;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.Heartbeat;
import dev.gantry.wire.node.v1.NodeStatus;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.Refused;
import dev.gantry.wire.node.v1.ServicesApplied;
import dev.gantry.wire.node.v1.StatusBatch;
import dev.gantry.wire.node.v1.TicketRefused;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be said to the leader: the latest of everything that has a latest, and bounded queues of the rest. A slow leader costs no memory. Events
 * outlive a connection, all else is said anew by the next hello. Safe for use by many threads; nothing in it blocks but {@link #await}.
 */
final class Outbox {
    private static final int EVENTS = 1_000;
    private static final int ANSWERS = 1_000;
    private static final int BATCH = 200;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, PodStatus> statuses = new LinkedHashMap<>();
    private final Deque<PodEvent> events = new ArrayDeque<>();
    private final Deque<FromAgent> answers = new ArrayDeque<>();
    private long accepted = -1;
    private long servicesApplied = -1;
    private @Nullable NodeStatus nodeStatus;
    private boolean heartbeat;
    private long nonce;
    private long connection;

    void status(PodStatus status) {
        change(() -> statuses.merge(
                status.getPod().getUid(),
                status,
                (before, now) -> now.getSequence() >= before.getSequence() ? now : before));
    }

    void event(PodEvent event) {
        change(() -> {
            if (events.size() == EVENTS) {
                events.removeFirst();
            }
            events.addLast(event);
        });
    }

    void accepted(long revision) {
        change(() -> accepted = Math.max(accepted, revision));
    }

    void servicesApplied(long revision) {
        change(() -> servicesApplied = revision);
    }

    void nodeStatus(NodeStatus status) {
        change(() -> nodeStatus = status);
    }

    void heartbeat(long answeredNonce) {
        change(() -> {
            heartbeat = true;
            nonce = answeredNonce;
        });
    }

    void refused(Refused refused) {
        answer(FromAgent.newBuilder().setRefused(refused).build());
    }

    void ticketRefused(TicketRefused refused) {
        answer(FromAgent.newBuilder().setTicketRefused(refused).build());
    }

    /**
     * A new connection begins: what the hello says is not said again, and connections before it get nothing more, though they may still be waiting.
     *
     * @return the connection's number, for {@link #await}
     */
    long reset() {
        lock.lock();
        try {
            statuses.clear();
            answers.clear();
            accepted = -1;
            servicesApplied = -1;
            nodeStatus = null;
            heartbeat = false;
            changed.signalAll();
            return ++connection;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for something to say, at most {@code quiet}; then it is a heartbeat.
     *
     * @return empty when another connection has begun: what there is, is for that one
     */
    List<FromAgent> await(long ofConnection, Duration quiet) throws InterruptedException {
        lock.lock();
        try {
            long left = quiet.toNanos();
            while (connection == ofConnection && isEmpty() && left > 0) {
                left = changed.awaitNanos(left);
            }
            return connection == ofConnection ? take() : List.of();
        } finally {
            lock.unlock();
        }
    }

    private void answer(FromAgent message) {
        change(() -> {
            if (answers.size() < ANSWERS) {
                answers.addLast(message);
            }
        });
    }

    private boolean isEmpty() {
        return statuses.isEmpty()
                && events.isEmpty()
                && answers.isEmpty()
                && accepted < 0
                && servicesApplied < 0
                && nodeStatus == null
                && !heartbeat;
    }

    private List<FromAgent> take() {
        List<FromAgent> messages = new ArrayList<>(answers);
        answers.clear();
        if (accepted >= 0) {
            messages.add(FromAgent.newBuilder()
                    .setAssignmentsAccepted(AssignmentsAccepted.newBuilder().setRevision(accepted))
                    .build());
            accepted = -1;
        }
        if (servicesApplied >= 0) {
            messages.add(FromAgent.newBuilder()
                    .setServicesApplied(ServicesApplied.newBuilder().setRevision(servicesApplied))
                    .build());
            servicesApplied = -1;
        }
        if (nodeStatus != null) {
            messages.add(FromAgent.newBuilder().setNodeStatus(nodeStatus).build());
            nodeStatus = null;
        }
        takeStatuses(messages);
        takeEvents(messages);
        if (heartbeat || messages.isEmpty()) {
            messages.add(FromAgent.newBuilder()
                    .setHeartbeat(Heartbeat.newBuilder().setNonce(heartbeat ? nonce : 0))
                    .build());
            heartbeat = false;
        }
        return messages;
    }

    private void takeStatuses(List<FromAgent> messages) {
        StatusBatch.Builder batch = StatusBatch.newBuilder();
        Iterator<PodStatus> waiting = statuses.values().iterator();
        while (waiting.hasNext() && batch.getPodsCount() < BATCH) {
            batch.addPods(waiting.next());
            waiting.remove();
        }
        if (batch.getPodsCount() > 0) {
            messages.add(FromAgent.newBuilder().setStatuses(batch).build());
        }
    }

    private void takeEvents(List<FromAgent> messages) {
        EventBatch.Builder batch = EventBatch.newBuilder();
        while (!events.isEmpty() && batch.getEventsCount() < BATCH) {
            batch.addEvents(events.removeFirst());
        }
        if (batch.getEventsCount() > 0) {
            messages.add(FromAgent.newBuilder().setEvents(batch).build());
        }
    }

    private void change(Runnable action) {
        lock.lock();
        try {
            action.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
