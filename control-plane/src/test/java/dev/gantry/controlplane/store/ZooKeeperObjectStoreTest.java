package dev.gantry.controlplane.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The contract against a real server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ZooKeeperObjectStoreTest extends ObjectStoreContract {
    private TestEnsemble ensemble;
    private Store store;
    private Epochs.Epoch epoch;

    @BeforeAll
    void startServer(@TempDir Path directory) throws IOException {
        ensemble = new TestEnsemble(directory);
    }

    @AfterAll
    void stopServer() {
        ensemble.close();
    }

    @BeforeEach
    void open() {
        store = ensemble.open(ensemble.newRoot(), "one");
        epoch = store.epochs().current();
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    ObjectStore store() {
        return store.objects();
    }

    @Override
    Fence fence() {
        return epoch.fence();
    }

    @Override
    void depose() {
        Optional<Epochs.Epoch> next = store.epochs().begin(epoch, new byte[0]);
        epoch = next.orElseThrow();
    }
}
