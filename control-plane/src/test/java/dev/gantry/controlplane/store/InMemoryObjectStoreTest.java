package dev.gantry.controlplane.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class InMemoryObjectStoreTest extends ObjectStoreContract {
    private final InMemoryObjectStore store = new InMemoryObjectStore();

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    ObjectStore store() {
        return store;
    }

    @Override
    Fence fence() {
        return store.fence();
    }

    @Override
    void depose() {
        store.depose();
    }

    @Test
    void failsOnDemandAndWritesNothing() {
        store.failNext(new StoreException.Unavailable("the log disk is full"));
        assertThatThrownBy(() -> store.put(key("a"), "u", "{}")).isInstanceOf(StoreException.Unavailable.class);
        assertThat(store.get(key("a"))).isEmpty();
        store.put(key("a"), "u", "{}");
        assertThat(store.get(key("a"))).isPresent();
    }

    @Test
    void losingEventsEndsWatchesAndKeepsObjects() {
        StoredObject kept = store.put(key("a"), "u", "{}");
        RecordingListener listener = new RecordingListener();
        store.subscribe(GROUP, RESOURCE, null, store.revision(), listener);
        store.loseEvents();
        await().until(() -> listener.end() instanceof StoreException.Expired);
        assertThatThrownBy(() -> store.listAt(GROUP, RESOURCE, null, kept.revision()))
                .isInstanceOf(StoreException.Expired.class);
        assertThat(store.get(key("a"))).isPresent();
    }
}
