package dev.gantry.controlplane.stream;

import static java.util.Objects.requireNonNull;

import dev.gantry.wire.build.v1.BuildServiceGrpc;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.ToBuilder;
import dev.gantry.wire.call.BlockingCall;
import io.grpc.stub.StreamObserver;
import java.time.Duration;

/** What builders call. */
public final class BuildEndpoint extends BuildServiceGrpc.BuildServiceImplBase {
    private static final Duration STALL = Duration.ofMinutes(10);

    private final TicketedStreams streams;

    public BuildEndpoint(TicketedStreams streams) {
        this.streams = requireNonNull(streams, "streams is null");
    }

    @Override
    public StreamObserver<FromBuilder> build(StreamObserver<ToBuilder> responses) {
        NodePeer peer = NodePeer.current();
        BlockingCall<FromBuilder, ToBuilder> call = BlockingCall.server(responses, STALL);
        Thread.ofVirtual()
                .name("build-accept-" + peer.nodeName())
                .start(() -> streams.acceptBuild(peer.nodeName(), call));
        return call.observer();
    }
}
