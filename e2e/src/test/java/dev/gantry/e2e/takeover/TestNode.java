package dev.gantry.e2e.takeover;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.network.NodeNetwork;
import dev.gantry.agent.pod.PodStreams;
import dev.gantry.agent.session.AgentSession;
import dev.gantry.agent.session.NodeJoin;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.node.v1.AttachRequest;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.NodeStatus;
import dev.gantry.wire.node.v1.PortForwardRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.function.LongConsumer;

/** A node with the agent's own session and joined identity, and pods and a network that only remember. */
final class TestNode implements AutoCloseable {
    static final String NAME = "node-1";

    private final RecordedPods pods = new RecordedPods();
    private final AgentSession session;

    /** Joins at the first address and opens a session, to whichever of them leads. */
    TestNode(Path stateDirectory, String token, List<String> addresses) throws IOException {
        var identity = new NodeJoin(stateDirectory).join(JoinToken.parse(token), addresses, NAME);
        this.session = new AgentSession(
                identity,
                addresses,
                stateDirectory,
                pods,
                new NoStreams(),
                new QuietNetwork(),
                (request, context, events) -> BuildResult.getDefaultInstance(),
                TestNode::status,
                "boot-1",
                "test",
                Clock.systemUTC(),
                new Random(1));
        session.start();
    }

    AgentSession.State state() {
        return session.state();
    }

    RecordedPods pods() {
        return pods;
    }

    @Override
    public void close() {
        session.close();
    }

    private static NodeStatus status() {
        return NodeStatus.newBuilder()
                .addAddresses("192.0.2.1")
                .setCpuCapacityMilli(64_000)
                .setCpuAllocatableMilli(64_000)
                .setMemoryCapacityBytes(64L << 30)
                .setMemoryAllocatableBytes(64L << 30)
                .setPodsCapacity(500)
                .setArchitecture("x86_64")
                .build();
    }

    private static final class QuietNetwork implements NodeNetwork {
        @Override
        public void configure(Settings settings) {}

        @Override
        public void apply(ServiceTable table, LongConsumer applied) {
            applied.accept(table.revision());
        }

        @Override
        public void route(List<Peer> all) {}

        @Override
        public List<String> unreachable() {
            return List.of();
        }

        @Override
        public InetAddress dnsAddress() {
            return InetAddress.getLoopbackAddress();
        }

        @Override
        public void tearDown() {}
    }

    private static final class NoStreams implements PodStreams {
        @Override
        public ContainerRuntime.ExecProcess exec(ExecRequest request) throws ContainerException {
            throw refused();
        }

        @Override
        public ContainerRuntime.AttachedStreams attach(AttachRequest request) throws ContainerException {
            throw refused();
        }

        @Override
        public ContainerRuntime.AttachedStreams portForward(PortForwardRequest request) throws ContainerException {
            throw refused();
        }

        @Override
        public void log(LogRequest request, LogSink sink) throws ContainerException {
            throw refused();
        }

        private static ContainerException refused() {
            return new ContainerException("ContainerNotRunning", "there are no containers on this node");
        }
    }
}
