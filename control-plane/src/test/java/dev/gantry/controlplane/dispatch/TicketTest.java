package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.IMAGES;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.model.Image;
import dev.gantry.controlplane.stream.NodeStreams.NodeStream;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.BuildServiceGrpc;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.StepStarted;
import dev.gantry.wire.build.v1.ToBuilder;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.call.CallException;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.NodeServiceGrpc;
import dev.gantry.wire.node.v1.StreamEnd;
import dev.gantry.wire.node.v1.StreamFrame;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.TicketRefused;
import dev.gantry.wire.node.v1.ToAgent;
import io.grpc.ManagedChannel;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TicketTest {
    private final Cluster cluster = new Cluster();
    private final ExecutorService users = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        users.shutdownNow();
        cluster.close();
    }

    @Test
    void anExecIsJoinedWithTheAgentsDial() throws Exception {
        ManagedChannel channel = cluster.channelOf("alpha");
        try (ScriptedAgent agent = ready(channel)) {
            CompletableFuture<NodeStream> user = exec();
            Ticket ticket = agent.await(ToAgent::hasTicket).getTicket();
            assertThat(ticket.getReplicaAddress()).isEqualTo("");
            assertThat(ticket.getExec().getCommandList()).containsExactly("cat");
            BlockingCall<StreamFrame, StreamFrame> dialled = dial(channel, ticket);
            assertThat(read(dialled).getAccepted()).isTrue();
            try (NodeStream stream = user.join()) {
                stream.write(StreamFrame.newBuilder()
                        .setStdin(ByteString.copyFromUtf8("hello"))
                        .build());
                assertThat(read(dialled).getStdin().toStringUtf8()).isEqualTo("hello");
                dialled.write(StreamFrame.newBuilder()
                        .setStdout(ByteString.copyFromUtf8("hello"))
                        .build());
                dialled.write(StreamFrame.newBuilder()
                        .setEnd(StreamEnd.newBuilder().setExitCode(3))
                        .build());
                dialled.complete();
                StreamFrame output = stream.read();
                assertThat(output).isNotNull();
                StreamFrame end = stream.read();
                assertThat(end)
                        .isNotNull()
                        .extracting(frame -> frame.getEnd().getExitCode())
                        .isEqualTo(3);
                assertThat(stream.read()).isNull();
            }
            // a ticket is good for one dial
            assertRefused(dial(channel, ticket));
        }
    }

    @Test
    void anotherNodesTicketOpensNothing() throws Exception {
        ManagedChannel channel = cluster.channelOf("alpha");
        try (ScriptedAgent agent = ready(channel)) {
            CompletableFuture<NodeStream> user = exec();
            Ticket ticket = agent.await(ToAgent::hasTicket).getTicket();
            assertRefused(dial(cluster.channelOf("beta"), ticket));
            // and it is not spent by the attempt
            assertThat(read(dial(channel, ticket)).getAccepted()).isTrue();
            user.join().close();
        }
    }

    @Test
    void aRefusedTicketTellsTheUserWhy() throws Exception {
        try (ScriptedAgent agent = ready(cluster.channelOf("alpha"))) {
            CompletableFuture<NodeStream> user = exec();
            Ticket ticket = agent.await(ToAgent::hasTicket).getTicket();
            agent.send(FromAgent.newBuilder()
                    .setTicketRefused(TicketRefused.newBuilder()
                            .setSecret(ticket.getSecret())
                            .setStatus(409)
                            .setMessage("container main is not running")));
            assertThatThrownBy(user::join)
                    .cause()
                    .isInstanceOfSatisfying(
                            ApiException.class,
                            refused -> assertThat(refused.code()).isEqualTo(409))
                    .hasMessage("container main is not running");
        }
        assertThatThrownBy(() -> cluster.dispatch.streams().exec("nobody", ExecRequest.getDefaultInstance()))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("not connected");
    }

    @Test
    void aBuildIsRelayedAndItsNamesAreRecorded() throws Exception {
        ManagedChannel channel = cluster.channelOf("alpha");
        String digest = "sha256:" + "cd".repeat(32);
        try (ScriptedAgent agent = ready(channel)) {
            List<FromBuilder> events = new CopyOnWriteArrayList<>();
            CompletableFuture<BuildResult> user = CompletableFuture.supplyAsync(
                    () -> cluster.dispatch
                            .streams()
                            .build(
                                    null,
                                    BuildRequest.newBuilder().addNames("web:1").build(),
                                    new ByteArrayInputStream("the context".getBytes(UTF_8)),
                                    events::add),
                    users);
            Ticket ticket = agent.await(ToAgent::hasTicket).getTicket();
            BlockingCall<ToBuilder, FromBuilder> builder = BlockingCall.client(Duration.ofSeconds(10));
            BuildServiceGrpc.newStub(channel).build(builder.clientObserver());
            builder.write(FromBuilder.newBuilder().setRedeem(ticket.getSecret()).build());
            assertThat(readBuild(builder).getRequest().getNamesList()).containsExactly("web:1");
            assertThat(readBuild(builder).getContext().toStringUtf8()).isEqualTo("the context");
            assertThat(readBuild(builder).getContextEnd()).isTrue();
            builder.write(FromBuilder.newBuilder()
                    .setStepStarted(StepStarted.newBuilder().setStep(1))
                    .build());
            builder.write(FromBuilder.newBuilder()
                    .setResult(BuildResult.newBuilder().setDigest(digest).setBytes(42))
                    .build());
            assertThat(user.join().getDigest()).isEqualTo(digest);
            assertThat(events).hasSize(1);
        }
        var image = cluster.objects.get(IMAGES, null, Image.objectName("web:1")).orElseThrow();
        assertThat(image.getStatus()).isNotNull().satisfies(status -> {
            assertThat(status.getDigest()).isEqualTo(digest);
            assertThat(status.getNodes()).containsExactly("alpha");
        });
    }

    private CompletableFuture<NodeStream> exec() {
        return CompletableFuture.supplyAsync(
                () -> cluster.dispatch
                        .streams()
                        .exec(
                                "alpha",
                                ExecRequest.newBuilder().addCommand("cat").build()),
                users);
    }

    /** Right after a start its Node still says Ready from before: a build must not be refused then. */
    @Test
    void aBuildGoesToANodeThatIsStillTakingUpItsPods() throws Exception {
        ManagedChannel channel = cluster.channelOf("alpha");
        try (ScriptedAgent agent = new ScriptedAgent(channel).silent().hello(ScriptedAgent.hello("alpha"))) {
            agent.await(ToAgent::hasWelcome);
            assertThat(cluster.dispatch.nodes().values()).noneMatch(NodePresence.Presence::ready);

            assertThat(cluster.dispatch.builder(null)).isEqualTo("alpha");
            assertThat(cluster.dispatch.builder("alpha")).isEqualTo("alpha");
        }
        await().until(() -> cluster.dispatch.nodes().values().stream().noneMatch(NodePresence.Presence::connected));
        assertThatThrownBy(() -> cluster.dispatch.builder("alpha"))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("no node is connected");
    }

    @Test
    void aBuildPrefersANodeThatHasTakenUpItsPods() throws Exception {
        ManagedChannel late = cluster.channelOf("aardvark");
        try (ScriptedAgent beta = ready(cluster.channelOf("beta"), "beta");
                ScriptedAgent agent = new ScriptedAgent(late).silent().hello(ScriptedAgent.hello("aardvark"))) {
            agent.await(ToAgent::hasWelcome);
            assertThat(beta.failure).isNull();

            assertThat(cluster.dispatch.builder(null)).isEqualTo("beta");
            assertThat(cluster.dispatch.builder("aardvark")).isEqualTo("aardvark");
        }
    }

    private ScriptedAgent ready(ManagedChannel channel) throws Exception {
        return ready(channel, "alpha");
    }

    private ScriptedAgent ready(ManagedChannel channel, String nodeName) throws Exception {
        ScriptedAgent agent = new ScriptedAgent(channel).hello(ScriptedAgent.hello(nodeName));
        await().until(() -> cluster.dispatch.nodes().values().stream().anyMatch(NodePresence.Presence::ready));
        return agent;
    }

    private static BlockingCall<StreamFrame, StreamFrame> dial(ManagedChannel channel, Ticket ticket) throws Exception {
        BlockingCall<StreamFrame, StreamFrame> call = BlockingCall.client(Duration.ofSeconds(10));
        NodeServiceGrpc.newStub(channel).stream(call.clientObserver());
        call.write(StreamFrame.newBuilder().setRedeem(ticket.getSecret()).build());
        return call;
    }

    private static void assertRefused(BlockingCall<StreamFrame, StreamFrame> call) {
        assertThatThrownBy(call::read).isInstanceOf(CallException.class).hasMessageContaining("PERMISSION_DENIED");
    }

    private static StreamFrame read(BlockingCall<StreamFrame, StreamFrame> call) throws Exception {
        StreamFrame frame = call.read();
        return frame == null ? StreamFrame.getDefaultInstance() : frame;
    }

    private static ToBuilder readBuild(BlockingCall<ToBuilder, FromBuilder> call) throws Exception {
        ToBuilder message = call.read();
        return message == null ? ToBuilder.getDefaultInstance() : message;
    }
}
