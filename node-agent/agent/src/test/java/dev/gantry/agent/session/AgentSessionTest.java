package dev.gantry.agent.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.CertificateRequest;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.identity.Keys;
import dev.gantry.common.identity.Subject;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.ToBuilder;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.BuildTicket;
import dev.gantry.wire.node.v1.Delta;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.Hello;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.NodeStatus;
import dev.gantry.wire.node.v1.NotLeader;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.PortForwardRequest;
import dev.gantry.wire.node.v1.Refused;
import dev.gantry.wire.node.v1.ServiceEntry;
import dev.gantry.wire.node.v1.ServiceName;
import dev.gantry.wire.node.v1.ServiceTableDelta;
import dev.gantry.wire.node.v1.ServiceTablePart;
import dev.gantry.wire.node.v1.SnapshotPart;
import dev.gantry.wire.node.v1.StreamFrame;
import dev.gantry.wire.node.v1.TerminalSize;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.ToAgent;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentSessionTest {
    private static final String CLUSTER = "cluster-1";

    @TempDir
    private Path state;

    private final CertificateAuthority authority =
            CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC());
    private final FakePods pods = new FakePods();
    private final FakeNetwork network = new FakeNetwork();
    private final FakeStreams streams = new FakeStreams();
    private ScriptedControlPlane leader;
    private AgentSession agent;

    @BeforeEach
    void start() throws Exception {
        leader = new ScriptedControlPlane(authority, CLUSTER);
        agent = agent(leader.address());
    }

    @AfterEach
    void close() {
        agent.close();
        leader.close();
    }

    @Test
    void joiningKeepsAnIdentityAndSurvivesALostAnswer(@TempDir Path fresh) throws Exception {
        leader.losesJoinAnswers = true;
        NodeJoin join = new NodeJoin(fresh);
        assertThatThrownBy(() -> join.join(token(), List.of(leader.address()), "beta"))
                .isInstanceOf(IOException.class);
        leader.losesJoinAnswers = false;
        NodeIdentity identity = new NodeJoin(fresh).join(token(), List.of(leader.address()), "beta");
        assertThat(NodeIdentity.load(fresh)).contains(identity);
        assertThat(identity.clusterId()).isEqualTo(CLUSTER);
        // the same key both times, so that the control plane takes it for the same host
        assertThat(leader.joins)
                .extracting(request -> key(request.getCertificateRequest()))
                .containsOnly(Keys.fingerprint(identity.chain().getFirst().getPublicKey()));
        assertThatThrownBy(() -> join.join(token(), List.of(leader.address()), "beta"))
                .hasMessageContaining("gantry node reset");
    }

    @Test
    void aCrashBeforeTheIdentityIsKeptJoinsAgainWithTheSameKey(@TempDir Path fresh) throws Exception {
        try (ArmedCrash crash = CrashPoint.arm("join.key-persisted", 1)) {
            assertThatThrownBy(() -> new NodeJoin(fresh).join(token(), List.of(leader.address()), "beta"))
                    .isInstanceOf(Throwable.class);
            assertThat(crash.crashed()).isTrue();
        }
        assertThat(NodeIdentity.load(fresh)).isEmpty();
        NodeIdentity identity = new NodeJoin(fresh).join(token(), List.of(leader.address()), "beta");
        assertThat(NodeIdentity.load(fresh)).contains(identity);
    }

    @Test
    void aCrashOnceTheIdentityIsKeptHasJoinedAndLeavesNoSecondCopyOfTheKey(@TempDir Path fresh) throws Exception {
        try (ArmedCrash crash = CrashPoint.arm("join.identity-persisted", 1)) {
            assertThatThrownBy(() -> new NodeJoin(fresh).join(token(), List.of(leader.address()), "beta"))
                    .isInstanceOf(SimulatedCrash.class);
            assertThat(crash.crashed()).isTrue();
        }
        assertThat(NodeIdentity.load(fresh)).map(NodeIdentity::nodeName).contains("beta");
        try (Stream<Path> files = Files.list(fresh)) {
            assertThat(files).containsExactly(fresh.resolve("identity"));
        }
    }

    @Test
    void aControlPlaneOfAnotherAuthorityIsNotShownTheToken(@TempDir Path fresh) throws Exception {
        CertificateAuthority other = CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC());
        JoinToken token = JoinToken.generate(
                new SecureRandom(), Keys.fingerprint(other.certificate().getPublicKey()));
        assertThatThrownBy(() -> new NodeJoin(fresh).join(token, List.of(leader.address()), "beta"))
                .hasMessageContaining("another cluster");
        assertThat(leader.joins).isEmpty();
    }

    @Test
    void whatPodsTellWhileTheyAreTakenUpIsToldToTheFirstLeader() throws Exception {
        agent.close();
        try (ScriptedControlPlane first = new ScriptedControlPlane(authority, CLUSTER)) {
            agent = unstarted(List.of(first.address()), "boot-1", Duration.ofSeconds(12));
            pods.tell(PodEvent.newBuilder().setReason("Killing").build());
            agent.start();
            ScriptedControlPlane.Peer session = first.session().welcome(5);
            assertThat(session.await(FromAgent::hasEvents)
                            .getEvents()
                            .getEvents(0)
                            .getReason())
                    .isEqualTo("Killing");
        }
    }

    @Test
    void aSnapshotIsTakenOnlyWhenItsLastPartHasCome() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        Hello hello = session.hello.getHello();
        assertThat(hello.getNodeName()).isEqualTo("alpha");
        assertThat(hello.getClusterId()).isEqualTo(CLUSTER);
        session.welcome(5)
                .send(5, snapshot(10, false, "a"))
                // a snapshot that was never finished leaves nothing behind
                .send(5, snapshot(12, false, "b"))
                .send(5, snapshot(12, true, "c"))
                .send(5, delta(14, "d"));
        assertThat(session.await(message -> message.hasAssignmentsAccepted()
                                && message.getAssignmentsAccepted().getRevision() == 14)
                        .hasAssignmentsAccepted())
                .isTrue();
        assertThat(pods.taken).containsExactly("snapshot 12 [b, c]", "delta 14 [d]");
        assertThat(network.settings.getFirst().podRange()).isEqualTo("10.244.3.0/24");
    }

    @Test
    void aLowerEpochIsRefusedAndCountedAlsoAfterARestart() throws Exception {
        leader.session().welcome(7).send(7, snapshot(10, true)).drop();
        await().until(() -> agent.state().epoch() == 7);
        agent.close();
        agent = agent(leader.address(), "boot-2");
        ScriptedControlPlane.Peer session = leader.session();
        while (!session.hello.getHello().getBootId().equals("boot-2")) {
            session = leader.session();
        }
        assertThat(session.hello.getHello().getHighestEpoch()).isEqualTo(7);
        session.welcome(6);
        FromAgent refusal = session.await(FromAgent::hasRefused);
        assertThat(refusal.getRefused().getReason()).isEqualTo(Refused.Reason.STALE_EPOCH);
        assertThat(agent.state().refusedStale()).isEqualTo(1);
        assertThat(network.settings).hasSize(1);
    }

    @Test
    void assignmentsOfADeposedLeaderInAnOpenSessionTakeNoEffect() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        session.welcome(7)
                .send(7, snapshot(10, true, "a"))
                .send(8, delta(12, "b"))
                .send(7, delta(14, "stale"));
        FromAgent refusal = session.await(FromAgent::hasRefused);
        assertThat(refusal.getRefused().getRevision()).isEqualTo(14);
        assertThat(pods.taken).containsExactly("snapshot 10 [a]", "delta 12 [b]");
    }

    @Test
    void aLeaderThatWakesUpDeposedIsRefusedWithWhatItHadInFlight() throws Exception {
        agent.close();
        try (ScriptedControlPlane next = new ScriptedControlPlane(authority, CLUSTER)) {
            agent = agent(List.of(leader.address(), next.address()), "boot-2", Duration.ofMillis(200));
            ScriptedControlPlane.Peer asleep = leader.session();
            while (!asleep.hello.getHello().getBootId().equals("boot-2")) {
                asleep = leader.session();
            }
            asleep.welcome(7).send(7, snapshot(10, true, "a"));
            // nothing more is heard of it: the agent turns to the next leader
            next.session().welcome(8);
            await().until(() -> agent.state().epoch() == 8);
            asleep.send(7, delta(12, "stale"));
            assertThat(asleep.await(FromAgent::hasRefused).getRefused().getReason())
                    .isEqualTo(Refused.Reason.STALE_EPOCH);
            assertThat(agent.state().refusedStale()).isEqualTo(1);
            assertThat(pods.taken).containsExactly("snapshot 10 [a]");
        }
    }

    @Test
    void anotherClustersWordIsRefusedAndCounted() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        session.sendAs("cluster-2", 99, snapshot(100, true));
        FromAgent refusal = session.await(FromAgent::hasRefused);
        assertThat(refusal.getRefused().getReason()).isEqualTo(Refused.Reason.OTHER_CLUSTER);
        assertThat(refusal.getRefused().getMessage()).contains("gantry node reset");
        await().until(() -> agent.state().problem().contains("cluster-2"));
        assertThat(agent.state().refusedForeign()).isPositive();
        assertThat(agent.state().epoch()).isZero();
        assertThat(pods.taken).isEmpty();
    }

    @Test
    void anotherClusterThatTurnsAwayAndHangsUpIsNamed() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        session.sendAs("cluster-2", 0, ToAgent.newBuilder().setNotLeader(NotLeader.getDefaultInstance()));
        session.hangUp();
        await().until(() -> agent.state().problem().contains("cluster-2"));
        assertThat(agent.state().refusedForeign()).isPositive();
    }

    @Test
    void aWipedControlPlaneIsAnotherCluster() throws Exception {
        CertificateAuthority other = CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC());
        try (ScriptedControlPlane wiped = new ScriptedControlPlane(other, "cluster-2")) {
            agent.close();
            agent = agent(wiped.address());
            await().until(() -> agent.state().problem().contains("of another cluster"));
            assertThat(agent.state().refusedForeign()).isPositive();
            assertThat(wiped.sessions).isEmpty();
        }
    }

    @Test
    void aFollowersAnswerLeadsToTheLeader() throws Exception {
        try (ScriptedControlPlane other = new ScriptedControlPlane(authority, CLUSTER)) {
            leader.session()
                    .send(
                            0,
                            ToAgent.newBuilder()
                                    .setNotLeader(NotLeader.newBuilder().addLeaderAddresses(other.address())));
            other.session().welcome(3);
            await().until(() -> agent.state().leader().equals(other.address()));
        }
    }

    @Test
    void aFullDiskLosesNothing() throws Exception {
        pods.diskFull = true;
        ScriptedControlPlane.Peer session = leader.session();
        session.welcome(5).send(5, snapshot(10, true, "a"));
        assertThat(session.await(FromAgent::hasRefused).getRefused().getReason())
                .isEqualTo(Refused.Reason.DISK_FULL);
        pods.diskFull = false;
        ScriptedControlPlane.Peer again = leader.session();
        assertThat(again.hello.getHello().getAssignmentsRevision()).isZero();
        again.welcome(5).send(5, snapshot(10, true, "a"));
        again.await(FromAgent::hasAssignmentsAccepted);
        assertThat(pods.taken).containsExactly("snapshot 10 [a]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"session.epoch-persisted", "session.snapshot-taken", "session.delta-taken"})
    void anAgentThatDiesAtAnyStepTakesUpWhereItWas(String point) throws Exception {
        try (ArmedCrash crash = CrashPoint.arm(point, 1)) {
            leader.session().welcome(7).send(7, snapshot(10, true, "a")).send(7, delta(12, "b"));
            assertThat(crash.awaitCrash(Duration.ofSeconds(10))).isTrue();
            agent.close();
        }
        agent = agent(leader.address(), "boot-2");
        ScriptedControlPlane.Peer session = leader.session();
        while (!session.hello.getHello().getBootId().equals("boot-2")) {
            session = leader.session();
        }
        assertThat(session.hello.getHello().getHighestEpoch()).isEqualTo(7);
        assertThat(session.hello.getHello().getAssignmentsRevision()).isEqualTo(pods.revision());
        session.welcome(7).send(7, snapshot(12, true, "a", "b"));
        session.await(FromAgent::hasAssignmentsAccepted);
        assertThat(pods.taken).last().isEqualTo("snapshot 12 [a, b]");
    }

    @Test
    void statusesGoUpAndTheNextHelloNamesThemAll() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        session.welcome(5);
        PodStatus status = PodStatus.newBuilder()
                .setPod(PodIdentity.newBuilder().setUid("a"))
                .setSequence(1)
                .build();
        pods.report(status);
        assertThat(session.await(FromAgent::hasStatuses).getStatuses().getPodsList())
                .containsExactly(status);
        session.drop();
        assertThat(leader.session().hello.getHello().getPodsList()).containsExactly(status);
    }

    @Test
    void serviceTablesAreBuiltOfPartsAndChangesAndAcknowledged() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        session.welcome(5)
                .send(5, services(20, false, "a"))
                .send(5, services(20, true, "b"))
                .send(
                        5,
                        ToAgent.newBuilder()
                                .setServicesDelta(ServiceTableDelta.newBuilder()
                                        .setBaseRevision(20)
                                        .setRevision(21)
                                        .addRemoved(name("a"))
                                        .addServices(ServiceEntry.newBuilder().setName(name("c")))));
        session.await(message ->
                message.hasServicesApplied() && message.getServicesApplied().getRevision() == 21);
        assertThat(network.tables.getLast().services())
                .extracting(service -> service.name())
                .containsExactlyInAnyOrder("b", "c");
        // a change of a table that is not here: the whole is asked for by a new hello
        session.send(
                5,
                ToAgent.newBuilder()
                        .setServicesDelta(ServiceTableDelta.newBuilder()
                                .setBaseRevision(3)
                                .setRevision(30)));
        leader.session();
    }

    @Test
    void anExecIsDialledAndJoined() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        session.welcome(5).send(5, ticket("t1").toBuilder());
        BlockingCall<StreamFrame, StreamFrame> user = ScriptedControlPlane.next(leader.streams);
        assertThat(read(user).getRedeem().toStringUtf8()).isEqualTo("t1");
        user.write(StreamFrame.newBuilder().setAccepted(true).build());
        user.write(StreamFrame.newBuilder()
                .setResize(TerminalSize.newBuilder().setColumns(80).setRows(24))
                .build());
        assertThat(read(user).getStdout().toStringUtf8()).isEqualTo("80x24");
        user.write(StreamFrame.newBuilder()
                .setStdin(ByteString.copyFromUtf8("hello"))
                .build());
        assertThat(read(user).getStdout().toStringUtf8()).isEqualTo("hello");
        user.write(StreamFrame.newBuilder().setStdinEnd(true).build());
        assertThat(read(user).getEnd().getExitCode()).isEqualTo(7);
    }

    @Test
    void aUserWhoGoesAwayEndsTheProcessAndTheFollowedLog() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        session.welcome(5)
                .send(
                        5,
                        ToAgent.newBuilder()
                                .setTicket(Ticket.newBuilder()
                                        .setSecret(ByteString.copyFromUtf8("t2"))
                                        .setReplicaAddress(leader.address())
                                        .setLog(LogRequest.newBuilder().setFollow(true))));
        BlockingCall<StreamFrame, StreamFrame> user = ScriptedControlPlane.next(leader.streams);
        assertThat(read(user).hasRedeem()).isTrue();
        user.write(StreamFrame.newBuilder().setAccepted(true).build());
        assertThat(read(user).getStdout().toStringUtf8()).isEqualTo("a line\n");
        user.cancel(Status.CANCELLED);
        await().until(() -> streams.closed.getCount() == 0);
    }

    @Test
    void whatCannotBeOpenedIsRefusedOverTheSession() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        session.welcome(5)
                .send(
                        5,
                        ToAgent.newBuilder()
                                .setTicket(Ticket.newBuilder()
                                        .setSecret(ByteString.copyFromUtf8("t3"))
                                        .setReplicaAddress(leader.address())
                                        .setExec(ExecRequest.newBuilder().setContainer("stopped"))));
        var refused = session.await(FromAgent::hasTicketRefused).getTicketRefused();
        assertThat(refused.getStatus()).isEqualTo(409);
        assertThat(refused.getMessage()).contains("not running");
    }

    @Test
    void aPortIsDialledAndItsBytesRelayed() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        session.welcome(5).send(5, portTicket("t5", 9));
        BlockingCall<StreamFrame, StreamFrame> user = ScriptedControlPlane.next(leader.streams);
        assertThat(read(user).getRedeem()).isEqualTo(ByteString.copyFromUtf8("t5"));
        user.write(StreamFrame.newBuilder().setAccepted(true).build());
        user.write(StreamFrame.newBuilder()
                .setStdin(ByteString.copyFromUtf8("hello"))
                .build());
        assertThat(read(user).getStdout()).isEqualTo(ByteString.copyFromUtf8("hello"));
        user.write(StreamFrame.newBuilder().setStdinEnd(true).build());
        assertThat(read(user).hasEnd()).isTrue();

        session.send(5, portTicket("t6", 7));
        var refused = session.await(FromAgent::hasTicketRefused).getTicketRefused();
        assertThat(refused.getStatus()).isEqualTo(400);
        assertThat(refused.getMessage()).isEqualTo("nothing listens on port 7");
    }

    private ToAgent.Builder portTicket(String secret, int port) {
        return ToAgent.newBuilder()
                .setTicket(Ticket.newBuilder()
                        .setSecret(ByteString.copyFromUtf8(secret))
                        .setReplicaAddress(leader.address())
                        .setPortForward(PortForwardRequest.newBuilder().setPort(port)));
    }

    @Test
    void aBuildIsDialledAndItsContextAndEventsRelayed() throws Exception {
        ScriptedControlPlane.Peer session = leader.session();
        session.welcome(5)
                .send(
                        5,
                        ToAgent.newBuilder()
                                .setTicket(Ticket.newBuilder()
                                        .setSecret(ByteString.copyFromUtf8("t4"))
                                        .setReplicaAddress(leader.address())
                                        .setBuild(BuildTicket.newBuilder().setBuildName("b"))));
        BlockingCall<FromBuilder, ToBuilder> user = ScriptedControlPlane.next(leader.builds);
        FromBuilder redeem = user.read();
        assertThat(redeem).isNotNull();
        user.write(ToBuilder.newBuilder()
                .setRequest(BuildRequest.newBuilder().addNames("web:1"))
                .build());
        user.write(ToBuilder.newBuilder()
                .setContext(ByteString.copyFromUtf8("the context"))
                .build());
        user.write(ToBuilder.newBuilder().setContextEnd(true).build());
        FromBuilder result = user.read();
        assertThat(result)
                .isNotNull()
                .satisfies(
                        message -> assertThat(message.getResult().getDigest()).isEqualTo("the context"));
    }

    private AgentSession agent(String address) throws Exception {
        return agent(address, "boot-1");
    }

    private AgentSession agent(String address, String bootId) throws Exception {
        return agent(List.of(address), bootId, Duration.ofSeconds(12));
    }

    private AgentSession agent(List<String> addresses, String bootId, Duration silence) throws Exception {
        AgentSession session = unstarted(addresses, bootId, silence);
        session.start();
        return session;
    }

    private AgentSession unstarted(List<String> addresses, String bootId, Duration silence) throws Exception {
        var keys = Keys.generate();
        NodeIdentity identity = new NodeIdentity(
                CLUSTER,
                "alpha",
                keys.getPrivate(),
                List.of(authority.issue(
                        keys.getPublic(),
                        Subject.ofNode("alpha"),
                        CertificateAuthority.Purpose.CLIENT,
                        List.of(),
                        Duration.ofHours(1))),
                authority.certificate());
        return new AgentSession(
                identity,
                addresses,
                state,
                pods,
                streams,
                network,
                (request, context, events) -> {
                    try {
                        // the digest says what was read
                        return BuildResult.newBuilder()
                                .setDigest(new String(context.readAllBytes(), UTF_8))
                                .build();
                    } catch (IOException e) {
                        return BuildResult.newBuilder().setError("cut off").build();
                    }
                },
                NodeStatus::getDefaultInstance,
                bootId,
                "test",
                Clock.systemUTC(),
                new Random(1),
                silence);
    }

    private JoinToken token() {
        return JoinToken.generate(
                new SecureRandom(), Keys.fingerprint(authority.certificate().getPublicKey()));
    }

    private static String key(ByteString request) {
        return Keys.fingerprint(CertificateRequest.parse(request.toByteArray()).publicKey());
    }

    private ToAgent ticket(String secret) {
        return ToAgent.newBuilder()
                .setTicket(Ticket.newBuilder()
                        .setSecret(ByteString.copyFromUtf8(secret))
                        .setReplicaAddress(leader.address())
                        .setExec(ExecRequest.newBuilder().setContainer("main")))
                .build();
    }

    private static StreamFrame read(BlockingCall<StreamFrame, StreamFrame> call) throws IOException {
        StreamFrame frame = call.read();
        return frame == null ? StreamFrame.getDefaultInstance() : frame;
    }

    private static ToAgent.Builder snapshot(long revision, boolean end, String... uids) {
        SnapshotPart.Builder part =
                SnapshotPart.newBuilder().setRevision(revision).setEnd(end);
        for (String uid : uids) {
            part.addAssignments(assignment(uid));
        }
        return ToAgent.newBuilder().setSnapshot(part);
    }

    private static ToAgent.Builder delta(long revision, String uid) {
        return ToAgent.newBuilder()
                .setDelta(Delta.newBuilder().setRevision(revision).addAssignments(assignment(uid)));
    }

    private static Assignment assignment(String uid) {
        return Assignment.newBuilder()
                .setPod(PodIdentity.newBuilder().setUid(uid))
                .setDesired(Assignment.DesiredState.RUNNING)
                .build();
    }

    private static ToAgent.Builder services(long revision, boolean end, String service) {
        return ToAgent.newBuilder()
                .setServices(ServiceTablePart.newBuilder()
                        .setRevision(revision)
                        .setEnd(end)
                        .addServices(ServiceEntry.newBuilder().setName(name(service))));
    }

    private static ServiceName name(String name) {
        return ServiceName.newBuilder().setNamespace("default").setName(name).build();
    }
}
