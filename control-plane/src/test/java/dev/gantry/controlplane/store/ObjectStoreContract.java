package dev.gantry.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every {@link ObjectStore} and its cache promise. */
abstract class ObjectStoreContract {
    static final String GROUP = "apps";
    static final String RESOURCE = "deployments";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    abstract ObjectStore store();

    /** Of an epoch that is now. */
    abstract Fence fence();

    /** Begins another epoch. */
    abstract void depose();

    static ObjectKey key(String name) {
        return key("default", name);
    }

    static ObjectKey key(@Nullable String namespace, String name) {
        return new ObjectKey(GROUP, RESOURCE, namespace, name);
    }

    static byte[] json(String text) {
        return text.getBytes(UTF_8);
    }

    static String text(StoredObject object) {
        return new String(object.json(), UTF_8);
    }

    StoredObject create(ObjectKey key, String uid, String json) {
        return store().write(new Write.Create(key, uid, json(json)), null);
    }

    StoredObject update(StoredObject expected, String json) {
        return store().write(new Write.Update(expected.key(), expected, json(json)), null);
    }

    StoredObject delete(StoredObject expected) {
        return store().write(new Write.Delete(expected.key(), expected), null);
    }

    @Test
    void aWriteIsInTheCacheWhenItReturns() {
        StoredObject written = create(key("a"), "uid-1", "{\"x\":1}");
        assertThat(written.uid()).isEqualTo("uid-1");
        assertThat(written.revision()).isEven();
        StoredObject read = store().cache().get(key("a")).orElseThrow();
        assertThat(text(read)).isEqualTo("{\"x\":1}");
        assertThat(read.revision()).isEqualTo(written.revision());
        assertThat(read.version()).isEqualTo(written.version());
        assertThat(store().cache().revision()).isOdd().isGreaterThan(written.revision());
    }

    @Test
    void updatesKeepTheUidAndRaiseTheRevision() {
        StoredObject first = create(key("a"), "uid-1", "{\"x\":1}");
        StoredObject second = update(first, "{\"x\":2}");
        assertThat(second.uid()).isEqualTo("uid-1");
        assertThat(second.revision()).isGreaterThan(first.revision());
        assertThat(text(store().cache().get(key("a")).orElseThrow())).isEqualTo("{\"x\":2}");
    }

    @Test
    void aDeleteAnswersTheLastLiveVersionAtTheDeletionsRevision() {
        StoredObject first = create(key("a"), "uid-1", "{\"x\":1}");
        StoredObject gone = delete(first);
        assertThat(text(gone)).isEqualTo("{\"x\":1}");
        assertThat(gone.uid()).isEqualTo("uid-1");
        assertThat(gone.revision()).isEven().isGreaterThan(first.revision());
        assertThat(store().cache().get(key("a"))).isEmpty();
    }

    @Test
    void refusesToCreateWhatIsLive() {
        create(key("a"), "uid-1", "{}");
        assertThatThrownBy(() -> create(key("a"), "uid-2", "{}")).isInstanceOf(StoreException.AlreadyExists.class);
    }

    @Test
    void refusesToWriteWhatWasNeverThere() {
        StoredObject other = create(key("b"), "uid-1", "{}");
        assertThatThrownBy(() -> store().write(new Write.Update(key("a"), other, json("{}")), null))
                .isInstanceOf(StoreException.NotFound.class);
        assertThatThrownBy(() -> store().write(new Write.Delete(key("a"), other), null))
                .isInstanceOf(StoreException.NotFound.class);
    }

    @Test
    void refusesToWriteWhatWasDeleted() {
        StoredObject first = create(key("a"), "uid-1", "{}");
        delete(first);
        assertThatThrownBy(() -> update(first, "{}")).isInstanceOf(StoreException.NotFound.class);
        assertThatThrownBy(() -> delete(first)).isInstanceOf(StoreException.NotFound.class);
    }

    @Test
    void refusesAnOlderVersion() {
        StoredObject first = create(key("a"), "uid-1", "{}");
        update(first, "{\"x\":2}");
        assertThatThrownBy(() -> update(first, "{\"x\":3}")).isInstanceOf(StoreException.Conflict.class);
        assertThatThrownBy(() -> delete(first)).isInstanceOf(StoreException.Conflict.class);
        assertThat(text(store().cache().get(key("a")).orElseThrow())).isEqualTo("{\"x\":2}");
    }

    @Test
    void aRecreatedObjectIsNotMistakenForItsPredecessor() {
        StoredObject first = create(key("a"), "uid-1", "{}");
        delete(first);
        StoredObject second = create(key("a"), "uid-2", "{}");
        assertThat(second.uid()).isEqualTo("uid-2");
        assertThatThrownBy(() -> update(first, "{\"x\":3}")).isInstanceOf(StoreException.Conflict.class);
        assertThatThrownBy(() -> delete(first)).isInstanceOf(StoreException.Conflict.class);
    }

    @Test
    void aTransactionHappensWholeAtOneRevision() {
        StoredObject a = create(key("a"), "uid-a", "{}");
        StoredObject b = create(key("b"), "uid-b", "{}");
        List<StoredObject> written = store().transact(
                        List.of(
                                new Write.Update(a.key(), a, json("{\"x\":2}")),
                                new Write.Delete(b.key(), b),
                                new Write.Create(key("c"), "uid-c", json("{}"))),
                        null);
        assertThat(written)
                .extracting(StoredObject::revision)
                .containsOnly(written.getFirst().revision());
        assertThat(written).extracting(object -> object.key().name()).containsExactly("a", "b", "c");
    }

    @Test
    void aTransactionThatFailsWritesNothing() {
        StoredObject a = create(key("a"), "uid-a", "{}");
        update(a, "{\"x\":1}");
        assertThatThrownBy(() -> store().transact(
                                List.of(
                                        new Write.Create(key("c"), "uid-c", json("{}")),
                                        new Write.Update(a.key(), a, json("{\"x\":2}"))),
                                null))
                .isInstanceOf(StoreException.Conflict.class);
        assertThat(store().cache().get(key("c"))).isEmpty();
    }

    @Test
    void refusesTwoWritesOfOneObjectInATransaction() {
        Write create = new Write.Create(key("a"), "uid-a", json("{}"));
        assertThatThrownBy(() -> store().transact(List.of(create, create), null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesWhatIsTooLarge() {
        String json = "{\"x\":\"" + "y".repeat(3 << 19) + "\"}";
        assertThatThrownBy(() -> create(key("a"), "uid-a", json))
                .isInstanceOf(StoreException.TooLarge.class)
                .hasMessageContaining("1572864");
    }

    @Test
    void takesTheLargestObject() {
        String json = "{\"x\":\"" + "y".repeat((3 << 19) - 8) + "\"}";
        StoredObject written = create(key("a"), "uid-a", json);
        assertThat(text(store().cache().get(key("a")).orElseThrow())).isEqualTo(json);
        assertThat(text(written)).isEqualTo(json);
    }

    @Test
    void aDeposedLeaderWritesNothing() {
        Fence old = fence();
        store().write(new Write.Create(key("a"), "uid-a", json("{}")), old);
        depose();
        assertThatThrownBy(() -> store().write(new Write.Create(key("b"), "uid-b", json("{}")), old))
                .isInstanceOf(StoreException.Deposed.class);
        assertThat(store().cache().get(key("b"))).isEmpty();
        store().write(new Write.Create(key("b"), "uid-b", json("{}")), fence());
    }

    @Test
    void listsByNamespaceAndName() {
        create(key("default", "b"), "1", "{}");
        create(key("default", "a"), "2", "{}");
        create(key("apart", "z"), "3", "{}");
        create(key(null, "y"), "4", "{}");
        create(new ObjectKey(GROUP, "replicasets", "default", "a"), "5", "{}");
        assertThat(store().cache().list(GROUP, RESOURCE, null).objects())
                .extracting(
                        object -> object.key().namespace() + "/" + object.key().name())
                .containsExactly("null/y", "apart/z", "default/a", "default/b");
        assertThat(store().cache().list(GROUP, RESOURCE, "default").objects())
                .extracting(object -> object.key().name())
                .containsExactly("a", "b");
        assertThat(store().cache().list(GROUP, RESOURCE, "none").objects()).isEmpty();
        assertThat(store().cache().list("", "unknown", null).objects()).isEmpty();
    }

    @Test
    void listsThePast() {
        StoredObject a = create(key("a"), "1", "{\"x\":1}");
        StoredObject b = create(key("b"), "2", "{}");
        long then = store().cache().revision();
        update(a, "{\"x\":2}");
        delete(b);
        StoredObject c = create(key("c"), "3", "{}");
        ObjectCache.Listing past = store().cache().listAt(GROUP, RESOURCE, null, then);
        assertThat(past.objects()).extracting(object -> object.key().name()).containsExactly("a", "b");
        assertThat(text(past.objects().getFirst())).isEqualTo("{\"x\":1}");
        assertThat(past.revision()).isEqualTo(then);
        assertThat(store().cache().listAt(GROUP, RESOURCE, null, c.revision()).objects())
                .extracting(object -> object.key().name())
                .containsExactly("a", "c");
    }

    @Test
    void aPastBeforeTheKeptEventsHasExpired() {
        assertThatThrownBy(() -> store().cache().listAt(GROUP, RESOURCE, null, 0))
                .isInstanceOf(StoreException.Expired.class);
        assertThatThrownBy(() -> store().cache().subscribe(GROUP, RESOURCE, null, 0, new RecordingListener()))
                .isInstanceOf(StoreException.Expired.class);
    }

    @Test
    void aRevisionAheadOfTheCacheIsWaitedForAndThenRefused() {
        long ahead = store().cache().revision() + 1_000_000;
        assertThatThrownBy(() -> store().cache().awaitRevision(ahead, Duration.ofMillis(10)))
                .isInstanceOf(StoreException.RevisionNotReached.class);
        AtomicReference<StoredObject> written = new AtomicReference<>();
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> written.set(create(key("a"), "1", "{}")));
        store().cache().awaitRevision(store().cache().revision(), PATIENCE);
        writing.join();
        store().cache().awaitRevision(written.get().revision(), PATIENCE);
    }

    @Test
    void awaitCurrentSeesWhatWasAcknowledged() {
        StoredObject written = create(key("a"), "1", "{}");
        store().cache().awaitCurrent(PATIENCE);
        assertThat(store().cache().revision()).isGreaterThan(written.revision());
    }

    @Test
    void tellsEventsInOrder() {
        RecordingListener listener = new RecordingListener();
        try (ObjectCache.Subscription subscription =
                store().cache().subscribe(GROUP, RESOURCE, null, store().cache().revision(), listener)) {
            StoredObject a = create(key("a"), "1", "{\"x\":1}");
            StoredObject b = update(a, "{\"x\":2}");
            StoredObject gone = delete(b);
            create(new ObjectKey("", "pods", "default", "p"), "2", "{}");
            create(key("other", "a"), "3", "{}");
            await().until(() -> listener.events().size() >= 4);
            assertThat(listener.told())
                    .containsExactly("ADDED a {\"x\":1}", "MODIFIED a {\"x\":2}", "DELETED a {\"x\":2}", "ADDED a {}");
            assertThat(listener.events().get(2).object().revision()).isEqualTo(gone.revision());
            assertThat(listener.events().get(1).previous()).isNotNull();
            await().until(() -> listener.progress() > gone.revision());
        }
    }

    @Test
    void tellsOnlyTheNamespaceAskedFor() {
        RecordingListener listener = new RecordingListener();
        try (ObjectCache.Subscription subscription = store().cache()
                .subscribe(GROUP, RESOURCE, "default", store().cache().revision(), listener)) {
            create(key("other", "a"), "1", "{}");
            create(key("default", "b"), "2", "{}");
            await().until(() -> !listener.events().isEmpty());
            assertThat(listener.told()).containsExactly("ADDED b {}");
        }
    }

    @Test
    void anEvenRevisionTellsItsTransactionAgainAndAnOddOneDoesNot() {
        create(key("before"), "0", "{}");
        List<StoredObject> written = store().transact(
                        List.of(
                                new Write.Create(key("a"), "1", json("{}")),
                                new Write.Create(key("b"), "2", json("{}"))),
                        null);
        long even = written.getFirst().revision();
        create(key("after"), "3", "{}");
        RecordingListener fromEven = new RecordingListener();
        RecordingListener fromOdd = new RecordingListener();
        try (ObjectCache.Subscription first = store().cache().subscribe(GROUP, RESOURCE, null, even, fromEven);
                ObjectCache.Subscription second = store().cache().subscribe(GROUP, RESOURCE, null, even + 1, fromOdd)) {
            await().until(() ->
                    fromEven.events().size() == 3 && fromOdd.events().size() == 1);
            assertThat(fromEven.told()).containsExactly("ADDED a {}", "ADDED b {}", "ADDED after {}");
            assertThat(fromOdd.told()).containsExactly("ADDED after {}");
        }
    }

    @Test
    void aClosedSubscriptionIsToldNothing() {
        RecordingListener closed = new RecordingListener();
        RecordingListener open = new RecordingListener();
        ObjectCache.Subscription subscription =
                store().cache().subscribe(GROUP, RESOURCE, null, store().cache().revision(), closed);
        subscription.close();
        subscription.close();
        try (ObjectCache.Subscription other =
                store().cache().subscribe(GROUP, RESOURCE, null, store().cache().revision(), open)) {
            create(key("a"), "1", "{}");
            await().until(() -> !open.events().isEmpty());
            assertThat(closed.events()).isEmpty();
        }
    }
}
