package dev.gantry.agent.session;

import com.google.protobuf.ByteString;
import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.CertificateAuthority.Purpose;
import dev.gantry.common.identity.CertificateRequest;
import dev.gantry.common.identity.Keys;
import dev.gantry.common.identity.Subject;
import dev.gantry.wire.build.v1.BuildServiceGrpc;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.ToBuilder;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.JoinRequest;
import dev.gantry.wire.node.v1.JoinResponse;
import dev.gantry.wire.node.v1.NodeServiceGrpc;
import dev.gantry.wire.node.v1.NodeSettings;
import dev.gantry.wire.node.v1.RenewRequest;
import dev.gantry.wire.node.v1.RenewResponse;
import dev.gantry.wire.node.v1.StreamFrame;
import dev.gantry.wire.node.v1.ToAgent;
import dev.gantry.wire.node.v1.Welcome;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A control plane on loopback that says what a test says, over real TLS. */
final class ScriptedControlPlane implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    final CertificateAuthority authority;
    final BlockingQueue<Peer> sessions = new LinkedBlockingQueue<>();
    final BlockingQueue<BlockingCall<StreamFrame, StreamFrame>> streams = new LinkedBlockingQueue<>();
    final BlockingQueue<BlockingCall<FromBuilder, ToBuilder>> builds = new LinkedBlockingQueue<>();
    final List<JoinRequest> joins = new ArrayList<>();
    volatile boolean losesJoinAnswers;
    volatile boolean refusesRenewals;
    private final String clusterId;
    private final Server server;

    ScriptedControlPlane(CertificateAuthority authority, String clusterId) throws IOException {
        this.authority = authority;
        this.clusterId = clusterId;
        KeyPair keys = Keys.generate();
        var leaf = authority.issue(
                keys.getPublic(),
                new Subject("server", List.of()),
                Purpose.SERVER,
                List.of("127.0.0.1"),
                Duration.ofHours(1));
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .sslContext(GrpcSslContexts.configure(
                                SslContextBuilder.forServer(keys.getPrivate(), leaf, authority.certificate())
                                        .trustManager(authority.certificate())
                                        .clientAuth(ClientAuth.OPTIONAL))
                        .build())
                .addService(new Nodes())
                .addService(new Builds())
                .build()
                .start();
    }

    String address() {
        return "127.0.0.1:" + server.getPort();
    }

    /** The next agent that says hello. */
    Peer session() throws InterruptedException {
        Peer peer = sessions.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (peer == null) {
            throw new AssertionError("no agent has said hello");
        }
        return peer;
    }

    static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        T next = queue.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
            throw new AssertionError("nothing has come");
        }
        return next;
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    /** One session, after its hello. */
    final class Peer {
        final FromAgent hello;
        private final BlockingCall<FromAgent, ToAgent> call;

        private Peer(FromAgent hello, BlockingCall<FromAgent, ToAgent> call) {
            this.hello = hello;
            this.call = call;
        }

        Peer welcome(long epoch) throws IOException {
            return send(
                    epoch,
                    ToAgent.newBuilder()
                            .setWelcome(Welcome.newBuilder()
                                    .setSettings(NodeSettings.newBuilder().setPodRange("10.244.3.0/24"))));
        }

        Peer send(long epoch, ToAgent.Builder message) throws IOException {
            return sendAs(clusterId, epoch, message);
        }

        Peer sendAs(String cluster, long epoch, ToAgent.Builder message) throws IOException {
            call.write(message.setClusterId(cluster).setEpoch(epoch).build());
            return this;
        }

        /** Reads on until a message fits. */
        FromAgent await(Predicate<FromAgent> condition) throws IOException {
            for (FromAgent message = call.read(); message != null; message = call.read()) {
                if (condition.test(message)) {
                    return message;
                }
            }
            throw new AssertionError("the agent has completed the session");
        }

        void hangUp() {
            call.complete();
        }

        void drop() {
            call.cancel(Status.UNAVAILABLE.withDescription("dropped by the test"));
        }
    }

    private final class Nodes extends NodeServiceGrpc.NodeServiceImplBase {
        @Override
        public void join(JoinRequest request, StreamObserver<JoinResponse> response) {
            joins.add(request);
            if (losesJoinAnswers) {
                response.onError(Status.UNAVAILABLE.asRuntimeException());
                return;
            }
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
                        .setClusterId(clusterId)
                        .build());
                response.onCompleted();
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void renew(RenewRequest request, StreamObserver<RenewResponse> response) {
            if (refusesRenewals) {
                response.onError(Status.PERMISSION_DENIED.asRuntimeException());
                return;
            }
            try {
                var certificate = authority.issue(
                        CertificateRequest.parse(request.getCertificateRequest().toByteArray())
                                .publicKey(),
                        Subject.ofNode("alpha"),
                        Purpose.CLIENT,
                        List.of(),
                        Duration.ofHours(3));
                response.onNext(RenewResponse.newBuilder()
                        .addCertificateChain(ByteString.copyFrom(certificate.getEncoded()))
                        .build());
                response.onCompleted();
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public StreamObserver<FromAgent> session(StreamObserver<ToAgent> responses) {
            BlockingCall<FromAgent, ToAgent> call = BlockingCall.server(responses, PATIENCE);
            Thread.ofVirtual().start(() -> {
                try {
                    FromAgent hello = call.read();
                    if (hello != null) {
                        sessions.add(new Peer(hello, call));
                    }
                } catch (IOException e) {
                    // the agent went away before it said anything
                }
            });
            return call.observer();
        }

        @Override
        public StreamObserver<StreamFrame> stream(StreamObserver<StreamFrame> responses) {
            BlockingCall<StreamFrame, StreamFrame> call = BlockingCall.server(responses, PATIENCE);
            streams.add(call);
            return call.observer();
        }
    }

    private final class Builds extends BuildServiceGrpc.BuildServiceImplBase {
        @Override
        public StreamObserver<FromBuilder> build(StreamObserver<ToBuilder> responses) {
            BlockingCall<FromBuilder, ToBuilder> call = BlockingCall.server(responses, PATIENCE);
            builds.add(call);
            return call.observer();
        }
    }
}
