package dev.gantry.controlplane.schedule;

import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toMap;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.event.EventRecorder;
import dev.gantry.controlplane.event.Severity;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.ClusterObjects.Binding;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Placement;
import dev.gantry.scheduler.Scheduler;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler during one term. {@link #step} places what is due on the caller's thread, so that tests run on virtual time. Watches call in from other
 * threads; the mirror and the queue are guarded by this object.
 */
final class SchedulingTerm implements AutoCloseable {
    private static final CrashPoint BOUND = CrashPoint.of("schedule.bound");
    private static final CrashPoint EXPLAINED = CrashPoint.of("schedule.explained");
    // Bounds how long watches wait for the lock and how much one failed transaction throws away.
    private static final int BATCH = 500;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);
    private static final int CONDITION_TRIES = 3;

    private final Scheduler scheduler = Scheduler.standard();
    private final PendingQueue queue = new PendingQueue();
    private final ClusterMirror mirror = new ClusterMirror(queue);
    private final ClusterObjects objects;
    private final Clock clock;
    private final Fence fence;
    private final EventRecorder events;
    private final Executor background;
    private final List<AutoCloseable> watches = new ArrayList<>();
    private boolean stale = true;
    private boolean over;

    /** @param background where events are written, so that placements don't wait for them */
    SchedulingTerm(ClusterObjects objects, Clock clock, Fence fence, Executor background) {
        this.objects = requireNonNull(objects, "objects is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.fence = requireNonNull(fence, "fence is null");
        this.background = requireNonNull(background, "background is null");
        this.events = new EventRecorder(objects, clock, "default-scheduler");
    }

    void subscribe() {
        keep(objects.watch(NODES, new Listener<Node>(mirror::nodeChanged)));
        keep(objects.watch(PODS, new Listener<Pod>(mirror::podChanged)));
    }

    private void keep(AutoCloseable watch) {
        synchronized (this) {
            watches.add(watch);
        }
    }

    /**
     * Places the pods that are due.
     *
     * @return whether there were any
     */
    boolean step() {
        List<Placement> placements = decide();
        List<Placement.Placed> placed = new ArrayList<>();
        List<Placement.Unplaced> unplaced = new ArrayList<>();
        for (Placement placement : placements) {
            switch (placement) {
                case Placement.Placed fits -> placed.add(fits);
                case Placement.Unplaced waits -> unplaced.add(waits);
            }
        }
        if (!placed.isEmpty()) {
            bind(placed);
        }
        if (!unplaced.isEmpty()) {
            explain(unplaced);
        }
        return !placements.isEmpty();
    }

    private synchronized List<Placement> decide() {
        if (over) {
            return List.of();
        }
        if (stale) {
            // Watches begin one after the other: placing before both are complete would overcommit nodes.
            mirror.replaceAll(objects.list(NODES, null), objects.list(PODS, null));
            stale = false;
        }
        List<PendingPod> due = queue.due(clock.instant(), BATCH);
        if (due.isEmpty()) {
            return List.of();
        }
        ImageIdentities images = new ImageIdentities(objects);
        return scheduler.place(
                mirror.snapshot(), due.stream().map(images::resolved).toList(), fence.epoch());
    }

    private void bind(List<Placement.Placed> placed) {
        List<Binding> wanted = placed.stream()
                .map(placement -> new Binding(
                        placement.pod().namespace(),
                        placement.pod().name(),
                        placement.pod().uid(),
                        placement.nodeName()))
                .toList();
        Set<Binding> bound;
        try {
            bound = new HashSet<>(objects.bind(wanted, fence));
            BOUND.reach();
        } catch (RuntimeException e) {
            retry(placed, Set.of());
            throw e;
        }
        retry(placed, bound);
        wanted.stream().filter(bound::contains).forEach(binding -> background.execute(() -> announce(binding)));
    }

    private synchronized void retry(List<Placement.Placed> placed, Set<Binding> bound) {
        Set<String> uids = new HashSet<>();
        bound.forEach(binding -> uids.add(binding.podUid()));
        for (Placement.Placed placement : placed) {
            if (uids.contains(placement.pod().uid())) {
                // A pod that is no longer queued has come back already, or is gone again.
                if (queue.contains(placement.pod().uid())) {
                    mirror.assume(placement.pod().placedOn(placement.nodeName()));
                }
            } else {
                queue.retry(placement.pod().uid(), clock.instant());
            }
        }
    }

    private void announce(Binding binding) {
        objects.get(PODS, binding.namespace(), binding.podName())
                .filter(pod -> pod.getMetadata().getUid().equals(binding.podUid()))
                .ifPresent(pod -> {
                    String message = "Successfully assigned %s/%s to %s"
                            .formatted(binding.namespace(), binding.podName(), binding.nodeName());
                    events.record(pod, Severity.NORMAL, "Scheduled", message, fence);
                });
        setConditions(Map.of(binding.podUid(), binding), id -> ScheduledCondition.scheduled());
    }

    private void explain(List<Placement.Unplaced> unplaced) {
        synchronized (this) {
            for (Placement.Unplaced waits : unplaced) {
                queue.park(waits.pod().uid(), waits.why().reasons(), clock.instant());
            }
        }
        Map<String, Binding> pods = unplaced.stream()
                .map(waits -> new Binding(
                        waits.pod().namespace(), waits.pod().name(), waits.pod().uid(), ""))
                .collect(toMap(Binding::podUid, Function.identity()));
        Map<String, String> sentences = unplaced.stream()
                .collect(toMap(waits -> waits.pod().uid(), waits -> waits.why().sentence()));
        List<Pod> changed = setConditions(pods, uid -> ScheduledCondition.waiting(requireNonNull(sentences.get(uid))));
        EXPLAINED.reach();
        for (Pod pod : changed) {
            String why = requireNonNull(sentences.get(pod.getMetadata().getUid()));
            background.execute(() -> events.record(pod, Severity.WARNING, "FailedScheduling", why, fence));
        }
    }

    /** Only those whose condition says something else are written; one that changed meanwhile is read again. */
    private List<Pod> setConditions(Map<String, Binding> pods, Function<String, ScheduledCondition> condition) {
        List<Pod> written = new ArrayList<>();
        Set<String> left = new HashSet<>(pods.keySet());
        for (int tries = 0; tries < CONDITION_TRIES && !left.isEmpty(); tries++) {
            List<Pod> changed = new ArrayList<>();
            for (String uid : left) {
                Binding name = requireNonNull(pods.get(uid));
                objects.get(PODS, name.namespace(), name.podName())
                        .filter(pod -> pod.getMetadata().getUid().equals(uid))
                        .filter(pod -> condition.apply(uid).applyTo(pod, clock.instant()))
                        .ifPresent(changed::add);
            }
            List<Pod> done = changed.isEmpty() ? List.of() : objects.updateStatuses(PODS, changed, fence);
            written.addAll(done);
            left.clear();
            changed.forEach(pod -> left.add(pod.getMetadata().getUid()));
            done.forEach(pod -> left.remove(pod.getMetadata().getUid()));
        }
        return written;
    }

    /** Waits until a pod is due or something changed; at most a second. */
    synchronized void awaitWork() throws InterruptedException {
        Instant now = clock.instant();
        Duration wait = nextDue().map(due -> Duration.between(now, due)).orElse(LONGEST_WAIT);
        if (!over && !stale && wait.isPositive()) {
            wait(Math.clamp(wait.toMillis() + 1, 1, LONGEST_WAIT.toMillis()));
        }
    }

    synchronized Optional<Instant> nextDue() {
        return queue.nextDue();
    }

    synchronized boolean isOver() {
        return over;
    }

    @Override
    public void close() throws Exception {
        List<AutoCloseable> open;
        synchronized (this) {
            over = true;
            open = List.copyOf(watches);
            notifyAll();
        }
        for (AutoCloseable watch : open) {
            watch.close();
        }
    }

    private final class Listener<T extends HasMetadata> implements ClusterObjects.ChangeListener<T> {
        private final BiConsumer<@Nullable T, @Nullable T> change;

        private Listener(BiConsumer<@Nullable T, @Nullable T> change) {
            this.change = change;
        }

        @Override
        public void changed(@Nullable T before, @Nullable T after) {
            synchronized (SchedulingTerm.this) {
                change.accept(before, after);
                SchedulingTerm.this.notifyAll();
            }
        }

        @Override
        public void resynchronized() {
            synchronized (SchedulingTerm.this) {
                stale = true;
                SchedulingTerm.this.notifyAll();
            }
        }
    }
}
