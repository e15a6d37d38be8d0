package dev.gantry.controlplane.store;

import static dev.gantry.controlplane.store.ObjectStoreContract.GROUP;
import static dev.gantry.controlplane.store.ObjectStoreContract.RESOURCE;
import static dev.gantry.controlplane.store.ObjectStoreContract.json;
import static dev.gantry.controlplane.store.ObjectStoreContract.key;
import static dev.gantry.controlplane.store.ObjectStoreContract.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What remains when the control plane dies, at any step. */
final class StoreRestartTest {
    @TempDir
    private Path directory;

    @Test
    void everythingIsThereAfterARestartOfTheServer() throws IOException {
        StoredObject kept;
        StoredObject deleted;
        String cluster;
        long revision;
        try (TestEnsemble ensemble = new TestEnsemble(directory);
                Store store = ensemble.open("", "one")) {
            kept = create(store, "kept", "uid-1");
            deleted = create(store, "deleted", "uid-2");
            store.objects().write(new Write.Delete(deleted.key(), deleted), null);
            cluster = store.clusterId();
            revision = store.cache().revision();
        }
        try (TestEnsemble ensemble = new TestEnsemble(directory);
                Store store = ensemble.open("", "one")) {
            assertThat(store.clusterId()).isEqualTo(cluster);
            assertThat(store.cache().revision()).isGreaterThan(revision);
            StoredObject read = store.cache().get(key("kept")).orElseThrow();
            assertThat(read.revision()).isEqualTo(kept.revision());
            assertThat(text(read)).isEqualTo("{}");
            assertThat(store.tombstoneCount()).isEqualTo(1);
            assertThatThrownBy(() -> store.objects().write(new Write.Update(deleted.key(), deleted, json("{}")), null))
                    .isInstanceOf(StoreException.NotFound.class);
            store.objects().write(new Write.Update(kept.key(), kept, json("{\"x\":2}")), null);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"store.root-made", "store.dictionary-made", "store.meta-made"})
    void aStoreIsMadeWholeAfterACrashWhileItWasMade(String point) throws IOException {
        try (TestEnsemble ensemble = new TestEnsemble(directory)) {
            try (ArmedCrash crash = CrashPoint.arm(point, 1)) {
                assertThatThrownBy(() -> ensemble.open("", "one")).isInstanceOf(SimulatedCrash.class);
                assertThat(crash.crashed()).isTrue();
            }
            try (Store store = ensemble.open("", "one")) {
                create(store, "a", "uid-1");
                assertThat(store.cache().get(key("a"))).isPresent();
            }
        }
    }

    @Test
    void aReplicaThatDiedOnceRegisteredIsReplacedByItsSuccessor() throws Exception {
        try (TestEnsemble ensemble = new TestEnsemble(directory)) {
            Thread dead = Thread.ofPlatform().daemon().unstarted(() -> ensemble.open("", "one"));
            // what it throws once it is interrupted is of no interest
            dead.setUncaughtExceptionHandler((thread, failure) -> {});
            try (ArmedCrash crash = CrashPoint.arm("store.replica-registered", 1)) {
                dead.start();
                assertThat(crash.awaitCrash(Duration.ofSeconds(20))).isTrue();
                dead.interrupt();
                dead.join();
            }
            try (Store store = ensemble.open("", "one")) {
                create(store, "a", "uid-1");
                assertThat(store.cache().get(key("a"))).isPresent();
                try (ZooKeeper client = ensemble.client()) {
                    assertThat(client.getChildren(StorePaths.REPLICAS, false)).containsExactly("one");
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"store.parents-made", "store.transaction-prepared", "store.transaction-acknowledged"})
    void aWriteHappensWholeOrNotAtAllAroundACrash(String point) throws IOException {
        try (TestEnsemble ensemble = new TestEnsemble(directory)) {
            try (Store store = ensemble.open("", "one");
                    ArmedCrash crash = CrashPoint.arm(point, 1)) {
                assertThatThrownBy(() -> store.objects()
                                .transact(
                                        List.of(
                                                new Write.Create(key("a"), "1", json("{}")),
                                                new Write.Create(key("b"), "2", json("{}"))),
                                        null))
                        .isInstanceOf(SimulatedCrash.class);
                assertThat(crash.crashed()).isTrue();
            }
            try (Store store = ensemble.open("", "one")) {
                int found = store.cache().list(GROUP, RESOURCE, null).objects().size();
                assertThat(found).isEqualTo(point.equals("store.transaction-acknowledged") ? 2 : 0);
            }
        }
    }

    @Test
    void aPurgeGoesOnAfterACrash() throws IOException {
        try (TestEnsemble ensemble = new TestEnsemble(directory)) {
            try (Store store = ensemble.open("", "one");
                    ArmedCrash crash = CrashPoint.arm("store.tombstones-purged", 1)) {
                for (int i = 0; i < 120; i++) {
                    StoredObject made = create(store, "a" + i, "uid");
                    store.objects().write(new Write.Delete(made.key(), made), null);
                }
                ensemble.skip(Duration.ofMinutes(11));
                Fence fence = store.epochs().current().fence();
                assertThatThrownBy(() -> store.purgeTombstones(Duration.ofMinutes(10), fence))
                        .isInstanceOf(SimulatedCrash.class);
                assertThat(crash.crashed()).isTrue();
            }
            try (Store store = ensemble.open("", "one")) {
                assertThat(store.tombstoneCount()).isEqualTo(20);
                ensemble.skip(Duration.ofMinutes(11));
                assertThat(store.purgeTombstones(
                                Duration.ofMinutes(10), store.epochs().current().fence()))
                        .isEqualTo(20);
            }
        }
    }

    @Test
    void anEpochBegunByADeadProcessIsFollowedByAnother() throws IOException {
        try (TestEnsemble ensemble = new TestEnsemble(directory);
                Store store = ensemble.open("", "one")) {
            Epochs.Epoch first = store.epochs().current();
            try (ArmedCrash crash = CrashPoint.arm("leader.epoch-begun", 1)) {
                assertThatThrownBy(() -> store.epochs().begin(first, json("me")))
                        .isInstanceOf(SimulatedCrash.class);
                assertThat(crash.crashed()).isTrue();
            }
            Epochs.Epoch found = store.epochs().current();
            assertThat(found.number()).isEqualTo(first.number() + 1);
            if (store.epochs().begin(found, json("me again")).isEmpty()) {
                fail("the next epoch was not begun");
            }
        }
    }

    private static StoredObject create(Store store, String name, String uid) {
        return store.objects().write(new Write.Create(key(name), uid, json("{}")), null);
    }
}
