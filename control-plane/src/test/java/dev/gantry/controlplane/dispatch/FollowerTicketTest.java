package dev.gantry.controlplane.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.stream.NodeStreams.NodeStream;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.TicketRefused;
import dev.gantry.wire.node.v1.ToAgent;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A user's stream that comes to a control plane which does not lead. */
class FollowerTicketTest {
    private final Cluster leader = new Cluster();
    private final Dispatch follower = leader.follower("follower:6443");
    private final ExecutorService users = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        users.shutdownNow();
        follower.close();
        leader.close();
    }

    @Test
    void theTicketReachesTheAgentAndNamesTheFollower() throws Exception {
        try (ScriptedAgent agent = ready()) {
            CompletableFuture<NodeStream> user = exec("alpha");
            Ticket ticket = agent.await(ToAgent::hasTicket).getTicket();
            assertThat(ticket.getReplicaAddress()).isEqualTo("follower:6443");
            user.cancel(true);
        }
    }

    @Test
    void whatTheAgentRefusesComesBack() throws Exception {
        try (ScriptedAgent agent = ready()) {
            CompletableFuture<NodeStream> user = exec("alpha");
            Ticket ticket = agent.await(ToAgent::hasTicket).getTicket();
            agent.send(FromAgent.newBuilder()
                    .setTicketRefused(TicketRefused.newBuilder()
                            .setSecret(ticket.getSecret())
                            .setStatus(409)
                            .setMessage("container main is not running")));
            assertThatThrownBy(user::join)
                    .cause()
                    .isInstanceOf(ApiException.class)
                    .hasMessage("container main is not running")
                    .extracting(failure -> ((ApiException) failure).code())
                    .isEqualTo(409);
        }
    }

    @Test
    void aNodeWithoutASessionIsSaidSo() {
        assertThatThrownBy(exec("beta")::join)
                .cause()
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("node beta is not connected");
    }

    @Test
    void whenTheLeaderIsGoneTheUserLearnsIt() {
        leader.close();
        assertThatThrownBy(exec("alpha")::join)
                .cause()
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("could not be asked");
    }

    /** It could open streams of its own choice in pods of other nodes. */
    @Test
    void aNodeHandsInNoTickets() throws Exception {
        try (ScriptedAgent agent = ready();
                HttpClient client = HttpClient.newBuilder()
                        .sslContext(leader.tlsOf("alpha"))
                        .build()) {
            Ticket ticket = Ticket.newBuilder()
                    .setSecret(ByteString.copyFromUtf8("mine"))
                    .setValidSeconds(5)
                    .build();
            var response = client.send(
                    HttpRequest.newBuilder(URI.create(
                                    "https://127.0.0.1:%d/gantry/tickets?node=alpha".formatted(leader.port())))
                            .POST(BodyPublishers.ofByteArray(ticket.toByteArray()))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(403);
            assertThat(agent.received).noneMatch(ToAgent::hasTicket);
        }
    }

    private ScriptedAgent ready() throws Exception {
        ScriptedAgent agent = new ScriptedAgent(leader.channelOf("alpha")).hello(ScriptedAgent.hello("alpha"));
        await().until(() -> leader.dispatch.nodes().values().stream().anyMatch(NodePresence.Presence::ready));
        return agent;
    }

    private CompletableFuture<NodeStream> exec(String node) {
        return CompletableFuture.supplyAsync(
                () -> follower.streams()
                        .exec(node, ExecRequest.newBuilder().addCommand("cat").build()),
                users);
    }
}
