package dev.gantry.controlplane.controller.runtime;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.event.EventRecorder;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.TypedResource;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One controller during one term. {@link #step} works on one due key on the caller's thread, so that tests run on virtual time; {@link #start} does the
 * same on threads of its own. Ends itself when a write is refused because a later epoch has begun.
 */
public final class Reign<K> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Reign.class);
    private static final Duration CACHE_CATCHES_UP = Duration.ofMillis(20);
    private static final Duration WATCH_AGAIN = Duration.ofSeconds(1);

    private final Planner<K> planner;
    private final ClusterObjects objects;
    private final Clock clock;
    private final ActionRunner runner;
    private final WorkQueue<K> queue;
    private final Instant began;
    private final Map<K, OwnWrites> ownWrites = new ConcurrentHashMap<>();
    private final Map<K, String> refusals = new ConcurrentHashMap<>();
    private final List<AutoCloseable> watches = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private volatile boolean over;

    /** @param parallel where the writes of one batch run beside each other */
    public Reign(Planner<K> planner, ClusterObjects objects, Clock clock, Fence fence, Executor parallel) {
        this.planner = requireNonNull(planner, "planner is null");
        this.objects = requireNonNull(objects, "objects is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.runner = new ActionRunner(objects, fence, new EventRecorder(objects, clock, planner.name()), parallel);
        this.queue = new WorkQueue<>(clock);
        this.began = clock.instant();
    }

    /** Subscribes, and works on {@code workers} keys at a time until closed. */
    public void start(int workers) {
        for (int i = 0; i < workers; i++) {
            threads.add(Thread.ofVirtual()
                    .name(planner.name() + "-" + i)
                    .unstarted(i == 0 ? this::subscribeAndWork : this::work));
        }
        threads.forEach(Thread::start);
    }

    /** Starts the planner's watches; everything there is becomes due. */
    public void subscribe() {
        planner.subscribe(new Sources());
    }

    private void subscribeAndWork() {
        while (!over) {
            try {
                subscribe();
                work();
                return;
            } catch (RuntimeException e) {
                if (over) {
                    return;
                }
                log.error("{} can't watch; it tries again", planner.name(), e);
                closeWatches();
            }
            try {
                Thread.sleep(WATCH_AGAIN);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void work() {
        try {
            while (!over) {
                K key = queue.take();
                if (key != null) {
                    workOn(key);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Works on one due key, if there is one.
     *
     * @return whether there was
     */
    public boolean step() {
        Optional<K> key = over ? Optional.empty() : queue.poll();
        key.ifPresent(this::workOn);
        return key.isPresent();
    }

    /** When the next key is due; empty when none waits. */
    public Optional<Instant> nextDue() {
        return queue.nextDue();
    }

    private void workOn(K key) {
        try {
            OwnWrites before = ownWrites.get(key);
            if (before != null && !before.reachedBy(objects)) {
                queue.addAfter(key, CACHE_CATCHES_UP);
                return;
            }
            ownWrites.remove(key);
            Plan plan = planner.plan(key, objects, new Circumstances(clock.instant(), began, refusals.get(key)));
            if (!over) {
                carryOut(key, plan);
            }
        } catch (StoreException.Deposed e) {
            log.info("{} stops: {}", planner.name(), e.getMessage());
            close();
        } catch (RuntimeException e) {
            failed(key, e);
        } finally {
            queue.done(key);
        }
    }

    private void carryOut(K key, Plan plan) {
        if (!plan.actions().isEmpty()) {
            OwnWrites written = new OwnWrites();
            ownWrites.put(key, written);
            runner.run(plan.actions(), written);
        }
        refusals.remove(key);
        queue.forgetFailures(key);
        Duration again = plan.again();
        if (again != null) {
            queue.addAfter(key, again);
        }
    }

    private void failed(K key, RuntimeException e) {
        if (over) {
            return;
        }
        switch (e) {
            case StoreException.Conflict _, StoreException.NotFound _, StoreException.AlreadyExists _ ->
                log.debug("{} {}: {}", planner.name(), key, e.getMessage());
            case ApiException refused
            when refused.code() == 409 || refused.code() == 404 ->
                log.debug("{} {}: {}", planner.name(), key, e.getMessage());
            case ApiException refused -> {
                refusals.put(key, String.valueOf(refused.getMessage()));
                log.info("{} {} was refused: {}", planner.name(), key, e.getMessage());
            }
            case StoreException _ -> log.warn("{} {} will be tried again: {}", planner.name(), key, e.getMessage());
            default -> log.error("{} failed on {}; it will be tried again", planner.name(), key, e);
        }
        queue.addAfterFailure(key);
    }

    /** Stops at once: no key is begun any more, and writes under way are interrupted; the fence ends those that aren't. */
    @Override
    public void close() {
        over = true;
        queue.close();
        closeWatches();
        for (Thread thread : threads) {
            if (thread != Thread.currentThread()) {
                thread.interrupt();
            }
        }
    }

    private void closeWatches() {
        for (AutoCloseable watch : watches) {
            watches.remove(watch);
            try {
                watch.close();
            } catch (Exception e) {
                log.warn("{} could not end a watch", planner.name(), e);
            }
        }
    }

    private final class Sources implements Planner.Subscriptions<K> {
        @Override
        public <T extends HasMetadata> void watch(
                TypedResource<T> resource, BiConsumer<@Nullable T, @Nullable T> onChange) {
            Watch<T> listener = new Watch<>(resource, onChange);
            watches.add(objects.watch(resource, listener));
            if (over) {
                close();
            }
        }

        @Override
        public ClusterObjects objects() {
            return objects;
        }

        @Override
        public void enqueue(K key) {
            queue.add(key);
        }

        @Override
        public void enqueueAfter(K key, Duration delay) {
            queue.addAfter(key, delay);
        }
    }

    /** After changes may have been missed, everything there is is told again as new. */
    private final class Watch<T extends HasMetadata> implements ClusterObjects.ChangeListener<T> {
        private final TypedResource<T> resource;
        private final BiConsumer<@Nullable T, @Nullable T> onChange;

        private Watch(TypedResource<T> resource, BiConsumer<@Nullable T, @Nullable T> onChange) {
            this.resource = resource;
            this.onChange = onChange;
        }

        @Override
        public void changed(@Nullable T before, @Nullable T after) {
            if (!over) {
                onChange.accept(before, after);
            }
        }

        @Override
        public void resynchronized() {
            objects.list(resource, null).forEach(object -> changed(null, object));
        }
    }
}
