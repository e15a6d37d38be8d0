package dev.gantry.agent.session;

import dev.gantry.agent.network.NodeNetwork;
import dev.gantry.agent.pod.PodHost;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.Delta;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.Hello;
import dev.gantry.wire.node.v1.NodeSettings;
import dev.gantry.wire.node.v1.NotLeader;
import dev.gantry.wire.node.v1.Refused;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.ToAgent;
import io.grpc.Status;
import java.io.IOException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to one control plane, from hello to its end. Nothing is acted on before its cluster and epoch have been judged. A connection that was
 * given up because nothing came any more is still read: should the other end wake up deposed, what it sends is refused and counted.
 */
final class SessionConnection {
    private static final Logger LOG = LoggerFactory.getLogger(SessionConnection.class);
    private static final String HOW_TO_MOVE =
            "this node's containers run on; to move it there run: gantry node reset (it stops them), then gantry node join";
    private static final CrashPoint SNAPSHOT_TAKEN = CrashPoint.of("session.snapshot-taken");
    private static final CrashPoint DELTA_TAKEN = CrashPoint.of("session.delta-taken");
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private final BlockingCall<ToAgent, FromAgent> call;
    private final EpochMemory epochs;
    private final PodHost pods;
    private final NodeNetwork network;
    private final Outbox outbox;
    private final long number;
    private final Consumer<Ticket> tickets;
    private final Consumer<NodeSettings> welcomed;
    private final SnapshotAssembly snapshot = new SnapshotAssembly();
    private final RouteMirror routes = new RouteMirror();
    private final ServiceTableMirror services = new ServiceTableMirror();
    private volatile long lastHeardNanos = System.nanoTime();
    private volatile boolean superseded;

    /** How a connection ended. */
    sealed interface End {
        /** The other end does not lead. */
        record Elsewhere(NotLeader answer) implements End {}

        /** Broken, refused, or superseded. @param problem one sentence */
        record Broken(String problem) implements End {}
    }

    SessionConnection(
            BlockingCall<ToAgent, FromAgent> call,
            EpochMemory epochs,
            PodHost pods,
            NodeNetwork network,
            Outbox outbox,
            Consumer<Ticket> tickets,
            Consumer<NodeSettings> welcomed) {
        this.call = call;
        this.epochs = epochs;
        this.pods = pods;
        this.network = network;
        this.outbox = outbox;
        this.number = outbox.reset();
        this.tickets = tickets;
        this.welcomed = welcomed;
    }

    long lastHeardNanos() {
        return lastHeardNanos;
    }

    /** Nothing more is obeyed; what comes is only judged. */
    void supersede() {
        superseded = true;
    }

    void close(String reason) {
        call.cancel(Status.CANCELLED.withDescription(reason));
    }

    /** Blocks until the connection has ended. */
    End run(Hello hello) {
        Thread sender = Thread.ofVirtual().name("session-send").unstarted(this::send);
        try {
            call.write(FromAgent.newBuilder().setHello(hello).build());
            for (ToAgent message = call.read(); message != null; message = call.read()) {
                lastHeardNanos = System.nanoTime();
                Optional<Refused> refusal = judge(message);
                if (refusal.isPresent()) {
                    return refuse(refusal.get());
                }
                if (superseded) {
                    return new End.Broken("another connection took its place");
                }
                if (message.hasNotLeader()) {
                    return new End.Elsewhere(message.getNotLeader());
                }
                if (message.hasWelcome()) {
                    welcome(message.getWelcome().getSettings());
                    sender.start();
                } else {
                    received(message);
                }
            }
            return new End.Broken("the control plane closed the session");
        } catch (IOException e) {
            return broken(e);
        } finally {
            sender.interrupt();
            close("the session is over");
        }
    }

    private End broken(IOException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathBuilderException || cause instanceof CertPathValidatorException) {
                epochs.foreignAuthority();
                return new End.Broken(
                        "the control plane is of another cluster than %s: another authority has signed its certificate; %s"
                                .formatted(epochs.clusterId(), HOW_TO_MOVE));
            }
        }
        return new End.Broken(NodeJoin.explain(failure.getCause() == null ? failure : failure.getCause()));
    }

    private Optional<Refused> judge(ToAgent message) throws IOException {
        if (message.hasNotLeader() && message.getEpoch() == 0) {
            // no leader's word; but what another cluster says is not even a hint
            return message.getClusterId().equals(epochs.clusterId()) ? Optional.empty() : foreign(message);
        }
        return switch (epochs.judge(message.getClusterId(), message.getEpoch())) {
            case ACCEPTED -> Optional.empty();
            case OTHER_CLUSTER -> Optional.of(otherCluster(message));
            case STALE_EPOCH ->
                Optional.of(Refused.newBuilder()
                        .setReason(Refused.Reason.STALE_EPOCH)
                        .setMessage("epoch %d is over: this node has seen %d"
                                .formatted(message.getEpoch(), epochs.highest()))
                        .setRevision(revision(message))
                        .build());
        };
    }

    private Optional<Refused> foreign(ToAgent message) throws IOException {
        epochs.judge(message.getClusterId(), 0);
        return Optional.of(otherCluster(message));
    }

    private Refused otherCluster(ToAgent message) {
        return Refused.newBuilder()
                .setReason(Refused.Reason.OTHER_CLUSTER)
                .setMessage("this node is of cluster %s, the control plane of cluster %s; %s"
                        .formatted(epochs.clusterId(), message.getClusterId(), HOW_TO_MOVE))
                .setRevision(revision(message))
                .build();
    }

    private static long revision(ToAgent message) {
        return message.hasDelta()
                ? message.getDelta().getRevision()
                : message.hasSnapshot() ? message.getSnapshot().getRevision() : 0;
    }

    /** The other end is told, so that the refusal is counted there as well, unless it has hung up. */
    private End refuse(Refused refused) {
        LOG.warn("Refused: {}", refused.getMessage());
        try {
            call.write(FromAgent.newBuilder().setRefused(refused).build());
            call.completeAndAwait(LAST_WORDS);
        } catch (IOException e) {
            LOG.debug("The other end is not told what was refused: {}", e.getMessage());
        }
        return new End.Broken(refused.getMessage());
    }

    private void welcome(NodeSettings settings) throws IOException {
        network.configure(new NodeNetwork.Settings(
                settings.getPodRange(),
                settings.getClusterPodRange(),
                settings.getServiceRange(),
                settings.getDnsAddress(),
                settings.getClusterDomain(),
                settings.getNodePortFirst(),
                settings.getNodePortLast()));
        welcomed.accept(settings);
    }

    private void received(ToAgent message) throws IOException {
        switch (message.getMessageCase()) {
            case SNAPSHOT -> {
                Optional<SnapshotAssembly.Snapshot> whole = snapshot.part(message.getSnapshot());
                if (whole.isPresent()) {
                    take(
                            whole.get().revision(),
                            () -> pods.snapshot(
                                    whole.get().revision(),
                                    whole.get().assignments(),
                                    whole.get().files()));
                    SNAPSHOT_TAKEN.reach();
                    outbox.accepted(whole.get().revision());
                }
            }
            case DELTA -> {
                Delta delta = message.getDelta();
                take(
                        delta.getRevision(),
                        () -> pods.delta(
                                delta.getRevision(),
                                delta.getAssignmentsList(),
                                delta.getFilesList(),
                                delta.getForgottenPodUidsList()));
                DELTA_TAKEN.reach();
                outbox.accepted(delta.getRevision());
            }
            case ROUTES -> network.route(routes.after(message.getRoutes()));
            case SERVICES ->
                services.part(message.getServices()).ifPresent(table -> network.apply(table, outbox::servicesApplied));
            case SERVICES_DELTA ->
                network.apply(
                        services.delta(message.getServicesDelta())
                                .orElseThrow(
                                        () -> new IOException(
                                                "a change of the service table doesn't lead on from the one that is here; asking for the whole")),
                        outbox::servicesApplied);
            case TICKET -> tickets.accept(message.getTicket());
            case SETTINGS -> welcome(message.getSettings());
            case PING -> outbox.heartbeat(message.getPing().getNonce());
            case WELCOME, NOT_LEADER, MESSAGE_NOT_SET -> {
                // handled before, or of a later version
            }
        }
    }

    private interface Taking {
        void run() throws IOException;
    }

    /** What could not be persisted was not taken: the leader learns it, and the next hello gets everything again. */
    private void take(long revision, Taking taking) throws IOException {
        try {
            taking.run();
        } catch (IOException e) {
            call.write(FromAgent.newBuilder()
                    .setRefused(Refused.newBuilder()
                            .setReason(Refused.Reason.DISK_FULL)
                            .setMessage("assignments could not be persisted: " + e.getMessage())
                            .setRevision(revision))
                    .build());
            call.completeAndAwait(LAST_WORDS);
            throw new IOException("assignments could not be persisted: " + e.getMessage(), e);
        }
    }

    private void send() {
        try {
            List<FromAgent> messages = outbox.await(number, HEARTBEAT);
            while (!superseded && !messages.isEmpty()) {
                for (FromAgent message : messages) {
                    call.write(message);
                }
                messages = outbox.await(number, HEARTBEAT);
            }
        } catch (IOException e) {
            LOG.debug("Nothing more is sent to the leader: {}", e.getMessage());
        } catch (InterruptedException e) {
            // the connection is over
        }
    }
}
