package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.store.ObjectCache.Event;
import dev.gantry.controlplane.store.ObjectCache.EventListener;
import dev.gantry.controlplane.store.ObjectCache.Subscription;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listeners of a cache. All are called on one thread that this class owns, in the order in which the cache, under its own lock, hands over events;
 * an event is decoded once for all of them.
 */
final class Subscriptions implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Subscriptions.class);

    private final ExecutorService dispatcher = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("store-events").factory());
    private final Map<Scope, List<Listening>> byScope = new HashMap<>();

    /** @param backlog told before anything that is published later */
    synchronized Subscription add(
            String group,
            String resource,
            @Nullable String namespace,
            long fromRevision,
            EventListener listener,
            List<EventRing.Entry> backlog,
            long progress) {
        Listening listening = new Listening(new Scope(group, resource), namespace, fromRevision, listener);
        byScope.computeIfAbsent(listening.scope, scope -> new ArrayList<>()).add(listening);
        dispatch(() -> {
            for (EventRing.Entry entry : backlog) {
                listening.tell(entry.decode());
            }
            listening.call(to -> to.onProgress(Math.max(progress, fromRevision | 1)));
        });
        return listening;
    }

    synchronized void publish(List<EventRing.Entry> entries) {
        List<Delivery> deliveries = new ArrayList<>();
        for (EventRing.Entry entry : entries) {
            ObjectKey key = entry.object().key();
            List<Listening> interested =
                    byScope.getOrDefault(new Scope(key.group(), key.resource()), List.of()).stream()
                            .filter(listening -> listening.wants(entry))
                            .toList();
            if (!interested.isEmpty()) {
                deliveries.add(new Delivery(entry, interested));
            }
        }
        if (!deliveries.isEmpty()) {
            dispatch(() -> deliveries.forEach(Delivery::run));
        }
    }

    synchronized void progress(long revision) {
        List<Listening> everyone = everyone();
        dispatch(() -> everyone.forEach(listening -> {
            if (revision >= listening.fromRevision) {
                listening.call(to -> to.onProgress(revision));
            }
        }));
    }

    synchronized void endAll(StoreException reason) {
        List<Listening> everyone = everyone();
        byScope.clear();
        dispatch(() -> everyone.forEach(listening -> listening.end(reason)));
    }

    synchronized int size() {
        return byScope.values().stream().mapToInt(List::size).sum();
    }

    /** Lets what has been handed over be told, then stops the thread. */
    @Override
    public void close() {
        dispatcher.shutdown();
    }

    private List<Listening> everyone() {
        return byScope.values().stream().flatMap(List::stream).toList();
    }

    private synchronized void remove(Listening listening) {
        List<Listening> others = byScope.get(listening.scope);
        if (others != null) {
            others.remove(listening);
            if (others.isEmpty()) {
                byScope.remove(listening.scope);
            }
        }
    }

    private void dispatch(Runnable task) {
        try {
            dispatcher.execute(task);
        } catch (RejectedExecutionException closed) {
            log.debug("The cache is closed; its listeners have been told");
        }
    }

    private record Scope(String group, String resource) {}

    private record Delivery(EventRing.Entry entry, List<Listening> interested) {
        void run() {
            Event event = entry.decode();
            interested.forEach(listening -> listening.tell(event));
        }
    }

    private final class Listening implements Subscription {
        private final Scope scope;
        private final @Nullable String namespace;
        private final long fromRevision;
        private final EventListener listener;
        private final ReentrantLock calling = new ReentrantLock();
        private boolean closed;

        Listening(Scope scope, @Nullable String namespace, long fromRevision, EventListener listener) {
            this.scope = scope;
            this.namespace = namespace;
            this.fromRevision = fromRevision;
            this.listener = requireNonNull(listener, "listener is null");
        }

        boolean wants(EventRing.Entry entry) {
            return (namespace == null || namespace.equals(entry.object().key().namespace()))
                    && entry.revision() >= fromRevision;
        }

        void tell(Event event) {
            call(to -> to.onEvent(event));
        }

        void end(StoreException reason) {
            call(to -> to.onEnd(reason));
            close();
        }

        void call(Consumer<EventListener> what) {
            calling.lock();
            try {
                if (!closed) {
                    what.accept(listener);
                }
            } catch (RuntimeException e) {
                log.error("A listener of {} failed; it stays subscribed", scope, e);
            } finally {
                calling.unlock();
            }
        }

        @Override
        public void close() {
            calling.lock();
            try {
                closed = true;
            } finally {
                calling.unlock();
            }
            remove(this);
        }
    }
}
