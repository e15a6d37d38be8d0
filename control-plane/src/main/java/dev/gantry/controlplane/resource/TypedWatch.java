package dev.gantry.controlplane.resource;

import dev.gantry.controlplane.resource.ClusterObjects.ChangeListener;
import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.ObjectCache.EventType;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.controlplane.store.StoredObject;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a listener of this process all objects and then every change; when events were lost, all objects again. */
final class TypedWatch<T extends HasMetadata> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TypedWatch.class);

    private final Supplier<ObjectCache.Listing> list;
    private final BiFunction<Long, ObjectCache.EventListener, ObjectCache.Subscription> subscribe;
    private final Function<StoredObject, T> decode;
    private final ChangeListener<T> listener;
    private boolean closed;
    private ObjectCache.@Nullable Subscription subscription;

    TypedWatch(
            Supplier<ObjectCache.Listing> list,
            BiFunction<Long, ObjectCache.EventListener, ObjectCache.Subscription> subscribe,
            Function<StoredObject, T> decode,
            ChangeListener<T> listener) {
        this.list = list;
        this.subscribe = subscribe;
        this.decode = decode;
        this.listener = listener;
    }

    /** Everything there is, on the caller's thread; then changes, on the cache's. */
    synchronized void start() {
        if (closed) {
            return;
        }
        ObjectCache.Listing listing = list.get();
        for (StoredObject stored : listing.objects()) {
            listener.changed(null, decode.apply(stored));
        }
        subscription = subscribe.apply(listing.revision(), new Events());
    }

    private void restart(StoreException reason) {
        synchronized (this) {
            if (closed) {
                return;
            }
        }
        log.info("Changes may have been missed, looking at everything again: {}", reason.getMessage());
        Thread.ofVirtual().name("typed-watch-restart").start(() -> {
            try {
                listener.resynchronized();
                start();
            } catch (StoreException.Expired e) {
                restart(e);
            }
        });
    }

    @Override
    public void close() {
        ObjectCache.Subscription current;
        synchronized (this) {
            closed = true;
            current = subscription;
        }
        if (current != null) {
            current.close();
        }
    }

    private final class Events implements ObjectCache.EventListener {
        @Override
        public void onEvent(ObjectCache.Event event) {
            StoredObject previous = event.previous();
            T before = previous == null
                    ? (event.type() == EventType.DELETED ? decode.apply(event.object()) : null)
                    : decode.apply(previous);
            listener.changed(before, event.type() == EventType.DELETED ? null : decode.apply(event.object()));
        }

        @Override
        public void onEnd(StoreException reason) {
            if (!(reason instanceof StoreException.Unavailable)) {
                restart(reason);
            }
        }
    }
}
