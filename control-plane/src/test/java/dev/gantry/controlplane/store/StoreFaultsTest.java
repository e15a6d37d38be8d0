package dev.gantry.controlplane.store;

import static dev.gantry.controlplane.store.ObjectStoreContract.GROUP;
import static dev.gantry.controlplane.store.ObjectStoreContract.RESOURCE;
import static dev.gantry.controlplane.store.ObjectStoreContract.json;
import static dev.gantry.controlplane.store.ObjectStoreContract.key;
import static dev.gantry.controlplane.store.ObjectStoreContract.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What is lost, late or repeated between a store and its ensemble. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StoreFaultsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<AutoCloseable> opened = new ArrayList<>();
    private TestEnsemble ensemble;
    private String root;

    @BeforeAll
    void startServer(@TempDir Path directory) throws IOException {
        ensemble = new TestEnsemble(directory);
    }

    @AfterAll
    void stopServer() {
        ensemble.close();
    }

    @BeforeEach
    void newRoot() {
        root = ensemble.newRoot();
    }

    @AfterEach
    void closeStores() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
        opened.clear();
    }

    @Test
    void aLostAnswerIsFoundByItsOperation() {
        AtomicReference<FaultyConnection> connection = new AtomicReference<>();
        Store store = faulty(connection);
        StoredObject first = create(store, "a", "uid-1", "{}");
        connection.get().next(FaultyConnection.Fault.LOSE_ANSWER);
        StoredObject second = update(store, first, "{\"x\":2}");
        assertThat(second.version()).isEqualTo(first.version() + 1);
        assertThat(store.cache().get(key("a")).orElseThrow().revision()).isEqualTo(second.revision());
        connection.get().next(FaultyConnection.Fault.LOSE_ANSWER);
        StoredObject gone = delete(store, second);
        connection.get().next(FaultyConnection.Fault.LOSE_ANSWER);
        StoredObject again = create(store, "a", "uid-2", "{}");
        assertThat(again.revision()).isGreaterThan(gone.revision());
    }

    @Test
    void aLostRequestIsSentAgain() {
        AtomicReference<FaultyConnection> connection = new AtomicReference<>();
        Store store = faulty(connection);
        StoredObject first = create(store, "a", "uid-1", "{}");
        connection.get().next(FaultyConnection.Fault.LOSE_REQUEST);
        assertThat(update(store, first, "{\"x\":2}").version()).isEqualTo(first.version() + 1);
        connection.get().next(FaultyConnection.Fault.LOSE_REQUEST);
        assertThat(create(store, "b", "uid-2", "{}").version()).isZero();
    }

    @Test
    void anInterruptedWriteEndsAtOnceAndIsUnknown() throws InterruptedException {
        AtomicReference<FaultyConnection> connection = new AtomicReference<>();
        Store store = faulty(connection);
        StoredObject first = create(store, "a", "uid-1", "{}");
        CountDownLatch hanging = new CountDownLatch(1);
        connection.get().next(FaultyConnection.Fault.hang(hanging));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread writer = Thread.ofVirtual().unstarted(() -> update(store, first, "{\"x\":2}"));
        writer.setUncaughtExceptionHandler((thread, thrown) -> failure.set(thrown));
        writer.start();
        hanging.await();
        writer.interrupt();
        writer.join();
        assertThat(failure.get())
                .isInstanceOf(StoreException.OutcomeUnknown.class)
                .hasMessageContaining("interrupted");
        assertThat(update(store, first, "{\"x\":3}").version()).isEqualTo(first.version() + 1);
    }

    @Test
    void aLostAnswerBeneathAnotherWriteIsUnknownAndNeverAConflict() {
        AtomicReference<FaultyConnection> connection = new AtomicReference<>();
        Store store = faulty(connection);
        Store other = opening(ensemble.open(root, "two"));
        StoredObject first = create(store, "a", "uid-1", "{}");
        connection.get().next(FaultyConnection.Fault.loseAnswerAfter(() -> {
            other.cache().awaitCurrent(PATIENCE);
            update(other, other.cache().get(key("a")).orElseThrow(), "{\"x\":3}");
        }));
        assertThatThrownBy(() -> update(store, first, "{\"x\":2}")).isInstanceOf(StoreException.OutcomeUnknown.class);
    }

    @Test
    void deletedAndRecreatedBetweenReadAndWriteIsAConflict() {
        Store store = opening(ensemble.open(root, "one"));
        Store other = opening(ensemble.open(root, "two"));
        StoredObject read = update(store, create(store, "a", "uid-1", "{}"), "{\"x\":2}");
        other.cache().awaitCurrent(PATIENCE);
        delete(other, other.cache().get(key("a")).orElseThrow());
        update(other, create(other, "a", "uid-2", "{}"), "{\"y\":2}");
        assertThatThrownBy(() -> update(store, read, "{\"x\":3}")).isInstanceOf(StoreException.Conflict.class);
        assertThatThrownBy(() -> delete(store, read)).isInstanceOf(StoreException.Conflict.class);
    }

    @Test
    void evenAPurgeDoesNotMakeVersionsEqual() {
        Store store = opening(ensemble.open(root, "one"));
        StoredObject read = create(store, "a", "uid-1", "{}");
        delete(store, read);
        assertThat(store.tombstoneCount()).isEqualTo(1);
        Fence fence = store.epochs().current().fence();
        assertThat(store.purgeTombstones(Duration.ofMinutes(10), fence)).isZero();
        ensemble.skip(Duration.ofMinutes(11));
        assertThat(store.purgeTombstones(Duration.ofMinutes(10), fence)).isEqualTo(1);
        await().until(() -> store.tombstoneCount() == 0);
        StoredObject recreated = create(store, "a", "uid-2", "{}");
        assertThat(recreated.version()).isEqualTo(read.version());
        assertThatThrownBy(() -> update(store, read, "{\"x\":3}")).isInstanceOf(StoreException.Conflict.class);
        assertThat(text(store.cache().get(key("a")).orElseThrow())).isEqualTo("{}");
    }

    @Test
    void aPurgeLeavesWhatWasCreatedOverATombstone() {
        Store store = opening(ensemble.open(root, "one"));
        for (int i = 0; i < 150; i++) {
            delete(store, create(store, "a" + i, "uid-" + i, "{}"));
        }
        Store stale = opening(ensemble.open(root, "two"));
        ensemble.skip(Duration.ofMinutes(11));
        create(store, "a7", "new", "{}");
        Fence fence = store.epochs().current().fence();
        assertThat(stale.purgeTombstones(Duration.ofMinutes(10), fence)).isBetween(148, 149);
        store.cache().awaitCurrent(PATIENCE);
        assertThat(store.cache().list(GROUP, RESOURCE, null).objects()).hasSize(1);
        store.epochs().begin(store.epochs().current(), new byte[0]);
        delete(store, create(store, "b", "uid", "{}"));
        ensemble.skip(Duration.ofMinutes(11));
        assertThatThrownBy(() -> store.purgeTombstones(Duration.ofMinutes(10), fence))
                .isInstanceOf(StoreException.Deposed.class);
    }

    @Test
    void changesWhileDisconnectedAreToldInOrder() throws IOException {
        Relay relay = opening(new Relay(ensemble.address()));
        Store cutOff = opening(ensemble.openAt(relay.address(), root, "one"));
        Store other = opening(ensemble.open(root, "two"));
        StoredObject changed = create(other, "changed", "1", "{}");
        StoredObject deleted = create(other, "deleted", "2", "{}");
        StoredObject replaced = create(other, "replaced", "3", "{}");
        cutOff.cache().awaitCurrent(PATIENCE);
        RecordingListener listener = new RecordingListener();
        cutOff.cache().subscribe(GROUP, RESOURCE, null, cutOff.cache().revision(), listener);

        relay.cut();
        await().until(() -> !cutOff.isCurrent());
        assertThatThrownBy(() -> create(cutOff, "never", "9", "{}")).isInstanceOf(StoreException.Unavailable.class);
        assertThatThrownBy(() -> cutOff.cache().awaitCurrent(Duration.ofMillis(100)))
                .isInstanceOf(StoreException.Unavailable.class);
        assertThat(cutOff.cache().get(key("changed"))).isPresent();
        update(other, update(other, changed, "{\"x\":1}"), "{\"x\":2}");
        delete(other, deleted);
        delete(other, replaced);
        create(other, "replaced", "4", "{\"y\":1}");
        StoredObject last = create(other, "added", "5", "{}");
        relay.mend();

        cutOff.cache().awaitRevision(last.revision(), PATIENCE);
        await().atMost(PATIENCE).until(() -> listener.events().size() == 5);
        assertThat(listener.told())
                .containsExactly(
                        "MODIFIED changed {\"x\":2}",
                        "DELETED deleted {}",
                        "DELETED replaced {}",
                        "ADDED replaced {\"y\":1}",
                        "ADDED added {}");
        assertThat(revisions(cutOff)).isEqualTo(revisions(other));
        create(cutOff, "after", "6", "{}");
    }

    @Test
    void aSessionThatWasLostIsFollowedByAnother() throws IOException {
        Relay relay = opening(new Relay(ensemble.address()));
        Store cutOff = opening(ensemble.openAt(relay.address(), root, "one"));
        Store other = opening(ensemble.open(root, "two"));
        List<String> heard = new java.util.concurrent.CopyOnWriteArrayList<>();
        cutOff.epochs().listen(new Epochs.ConnectionListener() {
            @Override
            public void suspended() {
                heard.add("suspended");
            }

            @Override
            public void lost() {
                heard.add("lost");
            }
        });
        relay.cut();
        await().atMost(PATIENCE).until(() -> heard.contains("lost"));
        assertThat(heard.getFirst()).isEqualTo("suspended");
        await().atMost(PATIENCE).until(() -> !other.epochs().isRegistered("one"));
        StoredObject meanwhile = create(other, "a", "1", "{}");
        relay.mend();
        cutOff.cache().awaitRevision(meanwhile.revision(), PATIENCE);
        await().atMost(PATIENCE).until(() -> other.epochs().isRegistered("one"));
        assertThat(create(cutOff, "b", "2", "{}").revision()).isGreaterThan(meanwhile.revision());
        other.cache().awaitCurrent(PATIENCE);
        assertThat(other.cache().get(key("b"))).isPresent();
    }

    @Test
    void anAbsenceLongerThanTombstonesAreKeptStartsTheEventsAgain() throws IOException {
        Relay relay = opening(new Relay(ensemble.address()));
        Store cutOff = opening(ensemble.openAt(relay.address(), root, "one"));
        Store other = opening(ensemble.open(root, "two"));
        StoredObject deleted = create(other, "deleted", "1", "{}");
        cutOff.cache().awaitCurrent(PATIENCE);
        long before = cutOff.cache().revision();
        RecordingListener listener = new RecordingListener();
        cutOff.cache().subscribe(GROUP, RESOURCE, null, before, listener);
        relay.cut();
        await().until(() -> !cutOff.isCurrent());
        delete(other, deleted);
        ensemble.skip(Duration.ofMinutes(11));
        other.purgeTombstones(Duration.ofMinutes(10), other.epochs().current().fence());
        StoredObject last = create(other, "added", "2", "{}");
        relay.mend();
        cutOff.cache().awaitRevision(last.revision(), PATIENCE);
        assertThat(cutOff.cache().get(key("deleted"))).isEmpty();
        await().until(() -> listener.end() instanceof StoreException.Expired);
        assertThatThrownBy(() -> cutOff.cache().subscribe(GROUP, RESOURCE, null, before, new RecordingListener()))
                .isInstanceOf(StoreException.Expired.class);
    }

    @Test
    void aDeposedLeadersWritesAreRefusedAndCounted() {
        Store first = opening(ensemble.open(root, "one"));
        Store second = opening(ensemble.open(root, "two"));
        Epochs.Epoch old =
                first.epochs().begin(first.epochs().current(), new byte[0]).orElseThrow();
        Write write = new Write.Create(key("a"), "1", json("{}"));
        Epochs.Epoch next =
                second.epochs().begin(second.epochs().current(), new byte[0]).orElseThrow();
        assertThat(next.number()).isGreaterThan(old.number());
        assertThatThrownBy(() -> first.objects().write(write, old.fence())).isInstanceOf(StoreException.Deposed.class);
        assertThat(first.deposedWrites()).isEqualTo(1);
        second.objects().write(write, next.fence());
        assertThat(first.epochs().begin(old, new byte[0])).isEmpty();
    }

    @Test
    void everyReplicaHasTheSameObjectsAtTheSameRevisions() {
        Store one = opening(ensemble.open(root, "one"));
        Store two = opening(ensemble.open(root, "two"));
        for (int i = 0; i < 20; i++) {
            StoredObject a = create(one, "a" + i, "a" + i, "{}");
            List<StoredObject> together = two.objects()
                    .transact(
                            List.of(
                                    new Write.Create(key("b" + i), "b" + i, json("{}")),
                                    new Write.Create(key("c" + i), "c" + i, json("{}"))),
                            null);
            assertThat(together.getFirst().revision())
                    .isEqualTo(together.getLast().revision())
                    .isGreaterThan(a.revision());
            delete(two, together.getFirst());
            update(one, a, "{\"x\":1}");
        }
        one.cache().awaitCurrent(PATIENCE);
        two.cache().awaitCurrent(PATIENCE);
        assertThat(revisions(one)).isEqualTo(revisions(two)).hasSize(40);
    }

    @Test
    void aBarrierIsSkippedWhileAloneAndSharedOtherwise() {
        Store alone = opening(ensemble.open(root, "one"));
        create(alone, "a", "1", "{}");
        alone.cache().awaitCurrent(PATIENCE);
        assertThat(alone.barrierWrites()).isZero();
        Store other = opening(ensemble.open(root, "two"));
        await().until(() -> {
            alone.cache().awaitCurrent(PATIENCE);
            return alone.barrierWrites() > 0;
        });
        StoredObject written = create(other, "b", "2", "{}");
        long before = alone.barrierWrites();
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            readers.add(Thread.ofVirtual().start(() -> alone.cache().awaitCurrent(PATIENCE)));
        }
        readers.forEach(reader -> {
            try {
                reader.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(alone.cache().revision()).isGreaterThan(written.revision());
        assertThat(alone.barrierWrites() - before).isBetween(1L, 199L);
    }

    private Store faulty(AtomicReference<FaultyConnection> connection) {
        return opening(ensemble.open(root, "one", options -> {
            connection.set(new FaultyConnection(options));
            return connection.get();
        }));
    }

    private <T extends AutoCloseable> T opening(T resource) {
        opened.add(resource);
        return resource;
    }

    private static List<String> revisions(Store store) {
        return store.cache().list(GROUP, RESOURCE, null).objects().stream()
                .map(object -> "%s %s %d".formatted(object.key().name(), object.uid(), object.revision()))
                .toList();
    }

    private static StoredObject create(Store store, String name, String uid, String json) {
        return store.objects().write(new Write.Create(key(name), uid, json(json)), null);
    }

    private static StoredObject update(Store store, StoredObject expected, String json) {
        return store.objects().write(new Write.Update(expected.key(), expected, json(json)), null);
    }

    private static StoredObject delete(Store store, StoredObject expected) {
        return store.objects().write(new Write.Delete(expected.key(), expected), null);
    }
}
