package dev.gantry.controlplane.dispatch;

import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.AssignmentsAccepted;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.Hello;
import dev.gantry.wire.node.v1.NodeServiceGrpc;
import dev.gantry.wire.node.v1.NodeStatus;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.ServicesApplied;
import dev.gantry.wire.node.v1.StatusBatch;
import dev.gantry.wire.node.v1.ToAgent;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** An agent's end of a session that does what a test says. Everything that comes is kept. */
final class ScriptedAgent implements AutoCloseable {
    private final BlockingCall<ToAgent, FromAgent> call = BlockingCall.client(Duration.ofSeconds(10));
    final List<ToAgent> received = new CopyOnWriteArrayList<>();
    volatile @Nullable String failure;
    private volatile boolean acknowledging = true;

    ScriptedAgent(ManagedChannel channel) {
        NodeServiceGrpc.newStub(channel).session(call.clientObserver());
        Thread.ofVirtual().name("scripted-agent").start(this::read);
    }

    static Hello.Builder hello(String nodeName) {
        return Hello.newBuilder()
                .setClusterId(Cluster.ID)
                .setNodeName(nodeName)
                .setBootId("boot-1")
                .setAgentVersion("test")
                .setNode(NodeStatus.newBuilder()
                        .addAddresses("192.0.2.1")
                        .setCpuCapacityMilli(4_000)
                        .setCpuAllocatableMilli(3_500)
                        .setMemoryCapacityBytes(8L << 30)
                        .setMemoryAllocatableBytes(7L << 30)
                        .setPodsCapacity(110)
                        .setArchitecture("x86_64"));
    }

    ScriptedAgent hello(Hello.Builder hello) throws IOException {
        send(FromAgent.newBuilder().setHello(hello));
        return this;
    }

    /** Tables and assignments are not acknowledged any more. */
    ScriptedAgent silent() {
        acknowledging = false;
        return this;
    }

    void send(FromAgent.Builder message) throws IOException {
        call.write(message.build());
    }

    void status(PodStatus... statuses) throws IOException {
        send(FromAgent.newBuilder().setStatuses(StatusBatch.newBuilder().addAllPods(List.of(statuses))));
    }

    /** The latest assignment of a pod; null for none yet. */
    @Nullable
    Assignment assignment(String uid) {
        Assignment latest = null;
        for (ToAgent message : received) {
            List<Assignment> assignments = message.hasSnapshot()
                    ? message.getSnapshot().getAssignmentsList()
                    : message.getDelta().getAssignmentsList();
            for (Assignment assignment : assignments) {
                if (assignment.getPod().getUid().equals(uid)) {
                    latest = assignment;
                }
            }
        }
        return latest;
    }

    Assignment awaitAssignment(String uid, Predicate<Assignment> condition) {
        return Awaitility.await("assignment of " + uid)
                .until(() -> assignment(uid), found -> found != null && condition.test(found));
    }

    ToAgent await(Predicate<ToAgent> condition) {
        return Awaitility.await()
                .until(() -> received.stream().filter(condition).findFirst(), java.util.Optional::isPresent)
                .orElseThrow();
    }

    private void read() {
        try {
            for (ToAgent message = call.read(); message != null; message = call.read()) {
                received.add(message);
                if (acknowledging) {
                    acknowledge(message);
                }
            }
            failure = "closed";
        } catch (IOException e) {
            failure = e.getMessage();
        }
    }

    private void acknowledge(ToAgent message) throws IOException {
        if (message.hasSnapshot() && message.getSnapshot().getEnd()) {
            accepted(message.getSnapshot().getRevision());
        } else if (message.hasDelta()) {
            accepted(message.getDelta().getRevision());
        } else if (message.hasServices() && message.getServices().getEnd()) {
            applied(message.getServices().getRevision());
        } else if (message.hasServicesDelta()) {
            applied(message.getServicesDelta().getRevision());
        }
    }

    void accepted(long revision) throws IOException {
        send(FromAgent.newBuilder()
                .setAssignmentsAccepted(AssignmentsAccepted.newBuilder().setRevision(revision)));
    }

    void applied(long revision) throws IOException {
        send(FromAgent.newBuilder()
                .setServicesApplied(ServicesApplied.newBuilder().setRevision(revision)));
    }

    @Override
    public void close() {
        call.cancel(Status.CANCELLED.withDescription("the test is over"));
    }
}
