package dev.gantry.controlplane.zookeeper;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.identity.PrivateFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.server.DatadirCleanupManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One ZooKeeper server inside this process, alone or a member of a quorum; its data on disk, listening for clients on loopback only. A server that stops by itself, as it does when it can't write
 * its log, is started again on the same port once there is space; it never ends the process. Safe for use by many threads.
 */
public final class EmbeddedZooKeeper implements AutoCloseable {
    /** Below this many free bytes in the log's file system writes are refused: room to restart and to register sessions. */
    public static final long RESERVED_LOG_BYTES = 8L << 20;

    private static final Logger log = LoggerFactory.getLogger(EmbeddedZooKeeper.class);
    private static final int HOURS_BETWEEN_PURGES = 1;
    private static final int KEPT_SNAPSHOTS = 3;
    private static final Duration START_PATIENCE = Duration.ofSeconds(60);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(10);
    private static final Duration RESTART_PAUSE = Duration.ofMillis(250);

    private final MemberFiles member;
    private final Path snapshots;
    private final Path logs;
    private final InetSocketAddress address;
    private final DatadirCleanupManager purge;
    private final Thread supervisor;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CountDownLatch firstStart = new CountDownLatch(1);
    private volatile @Nullable Run running;
    private volatile @Nullable Throwable failure;
    private volatile int starts;

    private EmbeddedZooKeeper(Path snapshots, Path logs, int port, MemberFiles member) throws IOException {
        ZooKeeperLimits.install();
        this.member = requireNonNull(member, "member is null");
        this.snapshots = requireNonNull(snapshots, "snapshots is null");
        this.logs = requireNonNull(logs, "logs is null");
        PrivateFile.createDirectories(snapshots);
        PrivateFile.createDirectories(logs);
        this.address = new InetSocketAddress(
                InetAddress.ofLiteral("127.0.0.1"),
                member.exist() ? member.self().clientPort() : port == 0 ? freePort() : port);
        this.purge = new DatadirCleanupManager(snapshots.toFile(), logs.toFile(), KEPT_SNAPSHOTS, HOURS_BETWEEN_PURGES);
        this.supervisor = Thread.ofPlatform().daemon().name("zookeeper-server").unstarted(this::supervise);
    }

    /**
     * Starts the server and waits until it serves; a member of a quorum, until it looks for the others.
     *
     * @param snapshots where snapshots lie; made if missing
     * @param logs where the transaction log lies, best on a disk of its own; made if missing
     * @param port on 127.0.0.1, for a server alone; 0 takes any free one
     * @param member whether it is one, and of what
     * @throws IOException when it does not start; the message says why
     */
    public static EmbeddedZooKeeper start(Path snapshots, Path logs, int port, MemberFiles member) throws IOException {
        EmbeddedZooKeeper server = new EmbeddedZooKeeper(snapshots, logs, port, member);
        server.supervisor.start();
        try {
            if (!server.firstStart.await(START_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                server.close();
                throw new IOException("the embedded ZooKeeper on %s did not start within %s from %s; its log says why"
                        .formatted(server.address, START_PATIENCE, snapshots));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            server.close();
            throw new IOException("interrupted while starting the embedded ZooKeeper", e);
        }
        Throwable failure = server.failure;
        if (failure != null && server.starts == 0) {
            server.close();
            throw new IOException(
                    "the embedded ZooKeeper did not start on %s with data in %s: %s"
                            .formatted(server.address, snapshots, failure.getMessage()),
                    failure);
        }
        server.purge.start();
        return server;
    }

    /** host:port for clients in this process. */
    public String connectString() {
        return "127.0.0.1:" + address.getPort();
    }

    /** Why a write would not find room for the log now; empty when it would. */
    public Optional<String> writeRefusal() {
        long free = usableLogBytes();
        return free >= RESERVED_LOG_BYTES
                ? Optional.empty()
                : Optional.of("the store's log disk is full: %d bytes are free in %s, %d are needed; make room there"
                        .formatted(free, logs, RESERVED_LOG_BYTES));
    }

    /** How often the server has been started, for metrics: more than one means that it stopped by itself. */
    public int starts() {
        return starts;
    }

    @Override
    public void close() {
        closing.countDown();
        purge.shutdown();
        try {
            Instant deadline = Instant.now().plus(STOP_PATIENCE);
            while (!supervisor.join(Duration.ofMillis(20)) && Instant.now().isBefore(deadline)) {
                // a run that is only just starting takes no notice of the first time
                Run run = running;
                if (run != null) {
                    run.close();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void supervise() {
        boolean first = true;
        while (closing.getCount() > 0) {
            if (first || hasRoom()) {
                runOnce();
                running = null;
                if (starts == 0) {
                    firstStart.countDown();
                    return;
                }
                first = false;
            }
            pause();
        }
    }

    private void runOnce() {
        try {
            Run run = member.exist()
                    ? new MemberRun(member.prepare(snapshots, logs))
                    : new ServerRun(snapshots, logs, address);
            running = run;
            run.run(() -> {
                starts++;
                firstStart.countDown();
            });
            if (closing.getCount() > 0) {
                log.error(
                        "The embedded ZooKeeper on {} stopped by itself; it is started again when its log in {} has room",
                        address,
                        logs);
            }
        } catch (IOException | RuntimeException e) {
            failure = e;
            log.error("The embedded ZooKeeper on {} failed; it is started again", address, e);
        }
    }

    private boolean hasRoom() {
        return usableLogBytes() >= RESERVED_LOG_BYTES / 2;
    }

    private long usableLogBytes() {
        try {
            return Files.getFileStore(logs).getUsableSpace();
        } catch (IOException e) {
            log.warn("Can't tell the free space of {}", logs, e);
            return Long.MAX_VALUE;
        }
    }

    private void pause() {
        try {
            if (closing.await(RESTART_PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                log.debug("Closing");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closing.countDown();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }
}
