package dev.gantry.controlplane.store;

import static dev.gantry.controlplane.store.ObjectStoreContract.GROUP;
import static dev.gantry.controlplane.store.ObjectStoreContract.RESOURCE;
import static dev.gantry.controlplane.store.ObjectStoreContract.json;
import static dev.gantry.controlplane.store.ObjectStoreContract.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.common.process.ConfigurationException;
import dev.gantry.controlplane.coordination.StoreConfig;
import dev.gantry.controlplane.coordination.StoreService;
import dev.gantry.controlplane.zookeeper.EmbeddedZooKeeper;
import dev.gantry.controlplane.zookeeper.StoreCredential;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk of the embedded server's log fills: a small tmpfs of the test's own. */
@Tag("root")
final class FullLogDiskTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int DISK_MIB = 48;

    @TempDir
    private Path directory;

    private Path disk;
    private Path filler;
    private int port;

    @BeforeEach
    void mount() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "mounting a small disk needs root");
        disk = Files.createDirectory(directory.resolve("disk"));
        run("mount", "-t", "tmpfs", "-o", "size=%dm,mode=0700".formatted(DISK_MIB), "gantry-test", disk.toString());
        filler = disk.resolve("filler");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            port = free.getLocalPort();
        }
    }

    @AfterEach
    void unmount() throws Exception {
        if (filler != null) {
            run("umount", disk.toString());
        }
    }

    @Test
    void writesAreRefusedBeforeTheLogIsFullAndGoOnWhenThereIsRoom() throws Exception {
        try (StoreService service = open()) {
            StoredObject kept = create(service, "kept");
            fillTo(EmbeddedZooKeeper.RESERVED_LOG_BYTES / 2);
            assertThatThrownBy(() -> create(service, "refused"))
                    .isInstanceOf(StoreException.Unavailable.class)
                    .hasMessageContaining("log disk is full")
                    .hasMessageContaining(disk.toString());
            assertThat(service.cache().get(kept.key())).isPresent();
            service.cache().awaitCurrent(PATIENCE);
            Files.delete(filler);
            create(service, "after");
            assertThat(names(service)).containsExactly("after", "kept");
            assertThat(service.serverStarts()).isEqualTo(Optional.of(1));
        }
    }

    /** What is kept free is for this: a control plane that starts has to register, and serves reads. */
    @Test
    void aRestartOnAFullDiskServesReads() throws Exception {
        try (StoreService service = open()) {
            create(service, "kept");
            fillTo(EmbeddedZooKeeper.RESERVED_LOG_BYTES / 2);
        }
        try (StoreService service = open()) {
            assertThat(names(service)).containsExactly("kept");
            service.contend(List.of("127.0.0.1:6443"));
            await().atMost(PATIENCE).until(() -> service.leadership().fence().isPresent());
            assertThatThrownBy(() -> create(service, "refused")).isInstanceOf(StoreException.Unavailable.class);
            Files.delete(filler);
            create(service, "after");
        }
    }

    /** Something else takes the last byte: the server stops, the process does not, and what was acknowledged is there again. */
    @Test
    void aServerThatStoppedIsStartedAgainWhenThereIsRoom() throws Exception {
        try (StoreService service = open()) {
            List<String> acknowledged = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                acknowledged.add(create(service, "kept-%02d".formatted(i)).key().name());
            }
            service.contend(List.of("127.0.0.1:6443"));
            fillTo(0);
            assertThatThrownBy(this::writeWithoutAsking).isInstanceOf(StoreException.Unavailable.class);
            await("the server stops").atMost(PATIENCE).until(() -> !service.isCurrent());
            assertThatThrownBy(() -> create(service, "refused"))
                    .isInstanceOf(StoreException.Unavailable.class)
                    .hasMessageContaining("log disk is full");
            assertThat(names(service)).isEqualTo(acknowledged);
            Files.delete(filler);
            await("the server runs again").atMost(PATIENCE).until(service::isCurrent);
            acknowledged.add(create(service, "then").key().name());
            assertThat(names(service)).isEqualTo(acknowledged);
            assertThat(service.serverStarts().orElseThrow()).isGreaterThan(1);
            await("somebody leads")
                    .atMost(PATIENCE)
                    .until(() -> service.leadership().fence().isPresent());
        }
    }

    @Test
    void aStartOnADiskWithoutOneByteFailsClearlyAndForATime() throws Exception {
        try (StoreService service = open()) {
            create(service, "kept");
        }
        fillTo(0);
        assertThatThrownBy(this::open)
                .isNotInstanceOf(ConfigurationException.class)
                .satisfies(failure -> assertThat(failure.getMessage())
                        .contains("log disk is full")
                        .contains(disk.toString()));
        Files.delete(filler);
        try (StoreService service = open()) {
            assertThat(names(service)).containsExactly("kept");
            create(service, "after");
        }
    }

    private StoreService open() throws IOException {
        return StoreService.open(
                new StoreConfig(directory.resolve("state"), disk.resolve("log"), port, Optional.empty()));
    }

    /** As to an ensemble of others, whose disk nobody knows: it is tried by a large write. */
    private void writeWithoutAsking() throws IOException {
        Store.open(Store.Options.of(
                        "127.0.0.1:" + port,
                        true,
                        StoreCredential.open(directory.resolve("state/store.credential")),
                        directory.resolve("state/store.keys"),
                        "another"))
                .close();
    }

    private static StoredObject create(StoreService service, String name) {
        return service.objects().write(new Write.Create(key(name), "uid-" + name, json("{}")), null);
    }

    private static List<String> names(StoreService service) {
        return service.cache().list(GROUP, RESOURCE, null).objects().stream()
                .map(object -> object.key().name())
                .toList();
    }

    private void fillTo(long free) throws IOException {
        FileStore store = Files.getFileStore(disk);
        byte[] page = new byte[4096];
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (store.getUsableSpace() > free) {
                out.write(page);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space");
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}
