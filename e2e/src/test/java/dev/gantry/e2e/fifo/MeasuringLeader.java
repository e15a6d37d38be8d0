package dev.gantry.e2e.fifo;

import com.google.protobuf.ByteString;
import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.CertificateAuthority.Purpose;
import dev.gantry.common.identity.CertificateRequest;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.identity.Keys;
import dev.gantry.common.identity.Subject;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Delta;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.JoinRequest;
import dev.gantry.wire.node.v1.JoinResponse;
import dev.gantry.wire.node.v1.NodeServiceGrpc;
import dev.gantry.wire.node.v1.NodeSettings;
import dev.gantry.wire.node.v1.Ping;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.SnapshotPart;
import dev.gantry.wire.node.v1.ToAgent;
import dev.gantry.wire.node.v1.Welcome;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A leader on loopback, over real TLS, that tells its one agent something and waits until that has done it. */
final class MeasuringLeader implements AutoCloseable {
    private static final String CLUSTER = "cluster-1";
    private static final String NODE = "node-1";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final CertificateAuthority authority =
            CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC());
    private final BlockingQueue<BlockingCall<FromAgent, ToAgent>> sessions = new LinkedBlockingQueue<>();
    private final Server server;
    private long revision = 1;
    private long nonce;

    MeasuringLeader() throws IOException {
        KeyPair keys = Keys.generate();
        var certificate = authority.issue(
                keys.getPublic(),
                new Subject("server", List.of()),
                Purpose.SERVER,
                List.of("127.0.0.1"),
                Duration.ofHours(1));
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .sslContext(GrpcSslContexts.configure(
                                SslContextBuilder.forServer(keys.getPrivate(), certificate, authority.certificate())
                                        .trustManager(authority.certificate())
                                        .clientAuth(ClientAuth.OPTIONAL))
                        .build())
                .addService(new Nodes())
                .build()
                .start();
    }

    String address() {
        return "127.0.0.1:" + server.getPort();
    }

    String nodeName() {
        return NODE;
    }

    JoinToken token() {
        return JoinToken.generate(
                new SecureRandom(), Keys.fingerprint(authority.certificate().getPublicKey()));
    }

    /** Takes the agent that has said hello for a node without pods. */
    Session welcome() throws IOException, InterruptedException {
        BlockingCall<FromAgent, ToAgent> call = sessions.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("no agent has said hello");
        }
        Session session = new Session(call);
        session.send(ToAgent.newBuilder()
                .setWelcome(Welcome.newBuilder()
                        .setSettings(NodeSettings.newBuilder()
                                .setPodRange("10.244.3.0/24")
                                .setClusterPodRange("10.244.0.0/16")
                                .setServiceRange("10.96.0.0/16")
                                .setDnsAddress("10.96.0.10")
                                .setClusterDomain("cluster.local")
                                .setNodePortFirst(30_000)
                                .setNodePortLast(32_767))));
        session.send(ToAgent.newBuilder()
                .setSnapshot(SnapshotPart.newBuilder().setRevision(revision).setEnd(true)));
        session.await(message -> message.getAssignmentsAccepted().getRevision() == revision);
        return session;
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    /** To be used by one thread. */
    final class Session {
        private final BlockingCall<FromAgent, ToAgent> call;

        private Session(BlockingCall<FromAgent, ToAgent> call) {
            this.call = call;
        }

        void ping() throws IOException {
            long asked = ++nonce;
            send(ToAgent.newBuilder().setPing(Ping.newBuilder().setNonce(asked)));
            await(message -> message.getHeartbeat().getNonce() == asked);
        }

        /** Returns when the agent says that every container of the pod runs. */
        void start(Assignment.Builder pod) throws IOException {
            tell(Delta.newBuilder().addAssignments(pod.setDesired(Assignment.DesiredState.RUNNING)));
            awaitStatus(pod, status -> status.getPhase() == PodStatus.Phase.RUNNING);
        }

        /** Returns when nothing of the pod is left. */
        void remove(Assignment.Builder pod) throws IOException {
            tell(Delta.newBuilder().addAssignments(pod.setDesired(Assignment.DesiredState.REMOVED)));
            awaitStatus(pod, PodStatus::getRemoved);
            tell(Delta.newBuilder().addForgottenPodUids(pod.getPod().getUid()));
        }

        private void tell(Delta.Builder delta) throws IOException {
            send(ToAgent.newBuilder().setDelta(delta.setRevision(++revision)));
        }

        private void awaitStatus(Assignment.Builder pod, Predicate<PodStatus> condition) throws IOException {
            String uid = pod.getPod().getUid();
            await(message -> message.getStatuses().getPodsList().stream()
                    .anyMatch(status -> status.getPod().getUid().equals(uid) && condition.test(status)));
        }

        private void send(ToAgent.Builder message) throws IOException {
            call.write(message.setClusterId(CLUSTER).setEpoch(1).build());
        }

        private void await(Predicate<FromAgent> condition) throws IOException {
            FromAgent message = call.read();
            while (message != null && !condition.test(message)) {
                message = call.read();
            }
            if (message == null) {
                throw new AssertionError("the agent has ended the session");
            }
        }
    }

    private final class Nodes extends NodeServiceGrpc.NodeServiceImplBase {
        @Override
        public void join(JoinRequest request, StreamObserver<JoinResponse> response) {
            try {
                var certificate = authority.issue(
                        CertificateRequest.parse(request.getCertificateRequest().toByteArray())
                                .publicKey(),
                        Subject.ofNode(request.getNodeName()),
                        Purpose.CLIENT,
                        List.of(),
                        Duration.ofHours(1));
                response.onNext(JoinResponse.newBuilder()
                        .addCertificateChain(ByteString.copyFrom(certificate.getEncoded()))
                        .setAuthority(
                                ByteString.copyFrom(authority.certificate().getEncoded()))
                        .setClusterId(CLUSTER)
                        .build());
                response.onCompleted();
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public StreamObserver<FromAgent> session(StreamObserver<ToAgent> responses) {
            BlockingCall<FromAgent, ToAgent> call = BlockingCall.server(responses, LIMIT);
            sessions.add(call);
            return call.observer();
        }
    }
}
