package dev.gantry.controlplane.dispatch;

import com.google.protobuf.ByteString;
import dev.gantry.controlplane.identity.ClusterAuthority;
import dev.gantry.controlplane.identity.JoinRefusedException;
import dev.gantry.controlplane.identity.NodeAdmission;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.controlplane.stream.NodePeer;
import dev.gantry.controlplane.stream.TicketedStreams;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.JoinRequest;
import dev.gantry.wire.node.v1.JoinResponse;
import dev.gantry.wire.node.v1.NodeServiceGrpc;
import dev.gantry.wire.node.v1.RenewRequest;
import dev.gantry.wire.node.v1.RenewResponse;
import dev.gantry.wire.node.v1.StreamFrame;
import dev.gantry.wire.node.v1.ToAgent;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What agents call. */
final class NodeEndpoint extends NodeServiceGrpc.NodeServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(NodeEndpoint.class);
    private static final Duration SESSION_STALL = Duration.ofSeconds(20);
    private static final Duration STREAM_STALL = Duration.ofHours(1);

    private final Dispatch dispatch;
    private final NodeAdmission admission;
    private final TicketedStreams streams;
    private final ClusterAuthority authority;
    private final ClusterSettings settings;

    NodeEndpoint(
            Dispatch dispatch,
            NodeAdmission admission,
            TicketedStreams streams,
            ClusterAuthority authority,
            ClusterSettings settings) {
        this.dispatch = dispatch;
        this.admission = admission;
        this.streams = streams;
        this.authority = authority;
        this.settings = settings;
    }

    @Override
    public void join(JoinRequest request, StreamObserver<JoinResponse> response) {
        try {
            X509Certificate certificate = admission.join(
                    request.getTokenId(),
                    request.getTokenSecret(),
                    request.getNodeName(),
                    request.getCertificateRequest().toByteArray(),
                    null);
            LOG.info("Node {} has joined with token {}", request.getNodeName(), request.getTokenId());
            response.onNext(JoinResponse.newBuilder()
                    .addCertificateChain(der(certificate))
                    .setAuthority(der(authority.certificate()))
                    .setClusterId(settings.clusterId())
                    .build());
            response.onCompleted();
        } catch (JoinRefusedException e) {
            LOG.warn("A host was refused to join: {}", e.getMessage());
            response.onError(status(e).withDescription(e.getMessage()).asRuntimeException());
        } catch (StoreException | ApiException e) {
            response.onError(Status.UNAVAILABLE
                    .withDescription("the join could not be recorded (%s); try again".formatted(e.getMessage()))
                    .asRuntimeException());
        }
    }

    @Override
    public void renew(RenewRequest request, StreamObserver<RenewResponse> response) {
        NodePeer peer = NodePeer.current();
        try {
            X509Certificate certificate = admission.renew(
                    peer.nodeName(), peer.key(), request.getCertificateRequest().toByteArray());
            LOG.info("The certificate of node {} was renewed until {}", peer.nodeName(), certificate.getNotAfter());
            response.onNext(RenewResponse.newBuilder()
                    .addCertificateChain(der(certificate))
                    .build());
            response.onCompleted();
        } catch (JoinRefusedException e) {
            LOG.warn("Node {} was refused another certificate: {}", peer.nodeName(), e.getMessage());
            response.onError(status(e).withDescription(e.getMessage()).asRuntimeException());
        }
    }

    private static Status status(JoinRefusedException refused) {
        return switch (refused.reason()) {
            case TOKEN -> Status.PERMISSION_DENIED;
            case INVALID -> Status.INVALID_ARGUMENT;
            case NAME_TAKEN -> Status.ALREADY_EXISTS;
        };
    }

    private static ByteString der(X509Certificate certificate) {
        try {
            return ByteString.copyFrom(certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("certificate without an encoding", e);
        }
    }

    @Override
    public StreamObserver<FromAgent> session(StreamObserver<ToAgent> responses) {
        NodePeer peer = NodePeer.current();
        BlockingCall<FromAgent, ToAgent> call = BlockingCall.server(responses, SESSION_STALL);
        Thread.ofVirtual()
                .name("session-" + peer.nodeName())
                .start(() -> dispatch.serve(peer.nodeName(), peer.key(), call));
        return call.observer();
    }

    @Override
    public StreamObserver<StreamFrame> stream(StreamObserver<StreamFrame> responses) {
        NodePeer peer = NodePeer.current();
        BlockingCall<StreamFrame, StreamFrame> call = BlockingCall.server(responses, STREAM_STALL);
        Thread.ofVirtual().name("stream-accept-" + peer.nodeName()).start(() -> streams.accept(peer.nodeName(), call));
        return call.observer();
    }
}
