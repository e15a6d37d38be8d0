package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.ObjectCache.EventType;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.controlplane.store.StoredObject;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The events of a resource for one watcher, through its selectors. A watcher that does not keep up loses its watch, never the server its memory.
 * One thread polls.
 */
public final class ResourceWatch implements AutoCloseable {
    /** Events that may wait for one watcher. */
    private static final int QUEUE = 1_000;

    private final ListOptions options;
    private final BlockingQueue<ObjectCache.Event> queue = new ArrayBlockingQueue<>(QUEUE);
    private volatile @Nullable StoreException end;
    private volatile long progress;
    private volatile ObjectCache.@Nullable Subscription subscription;

    private ResourceWatch(ListOptions options) {
        this.options = options;
    }

    /**
     * @param fromRevision see {@link ObjectCache#subscribe}
     * @throws StoreException.Expired when it is too old
     */
    static ResourceWatch start(
            ObjectCache cache, ServedKind served, @Nullable String namespace, long fromRevision, ListOptions options) {
        requireNonNull(served, "served is null");
        ResourceWatch watch = new ResourceWatch(options);
        watch.subscription = cache.subscribe(
                served.kind().group(), served.kind().plural(), namespace, fromRevision, watch.new Listener());
        return watch;
    }

    /**
     * @param tree the object in the stored version
     * @param stored where its revision is
     */
    public record Change(EventType type, ObjectNode tree, StoredObject stored) {}

    /**
     * Waits for the next change that the selectors let through.
     *
     * @return empty when there was none in time
     * @throws StoreException when the watch has ended and everything before its end was told
     */
    public Optional<Change> poll(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            ObjectCache.Event event = queue.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (event == null) {
                StoreException reason = end;
                if (reason != null && queue.isEmpty()) {
                    throw reason;
                }
                return Optional.empty();
            }
            Optional<Change> change = select(event);
            if (change.isPresent()) {
                return change;
            }
        }
    }

    /** Everything up to this revision has been told, if a {@link #poll} that begins afterwards is empty. */
    public long progress() {
        return progress;
    }

    /** An object that begins to match is added to the watcher's world, one that ceases to match leaves it. */
    private Optional<Change> select(ObjectCache.Event event) {
        ObjectNode tree = Json.readObject(event.object().json());
        if (!options.selects()) {
            return Optional.of(new Change(event.type(), tree, event.object()));
        }
        boolean matches = ResourceReader.matches(options, tree);
        StoredObject previous = event.previous();
        boolean matched = previous != null && ResourceReader.matches(options, Json.readObject(previous.json()));
        return switch (event.type()) {
            case ADDED -> matches ? Optional.of(new Change(EventType.ADDED, tree, event.object())) : Optional.empty();
            case DELETED ->
                matches || matched
                        ? Optional.of(new Change(EventType.DELETED, tree, event.object()))
                        : Optional.empty();
            case MODIFIED -> {
                if (matches) {
                    yield Optional.of(new Change(matched ? EventType.MODIFIED : EventType.ADDED, tree, event.object()));
                }
                yield matched ? Optional.of(new Change(EventType.DELETED, tree, event.object())) : Optional.empty();
            }
        };
    }

    @Override
    public void close() {
        ObjectCache.Subscription current = subscription;
        if (current != null) {
            current.close();
        }
    }

    private final class Listener implements ObjectCache.EventListener {
        @Override
        public void onEvent(ObjectCache.Event event) {
            if (end == null && !queue.offer(event)) {
                end = new StoreException.Expired(event.object().revision(), progress);
            }
        }

        @Override
        public void onProgress(long revision) {
            if (end == null) {
                progress = revision;
            }
        }

        @Override
        public void onEnd(StoreException reason) {
            if (end == null) {
                end = reason;
            }
        }
    }
}
