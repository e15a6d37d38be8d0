package dev.gantry.controlplane.stream;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.ToBuilder;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.AttachRequest;
import dev.gantry.wire.node.v1.BuildTicket;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.PortForwardRequest;
import dev.gantry.wire.node.v1.StreamFrame;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.TicketRefused;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Streams to nodes by ticket: sends the node a ticket, waits for its dial, and joins the user with it. The dials arrive at {@link #accept} and {@link
 * #acceptBuild}. Safe for use by many threads.
 */
public final class TicketedStreams implements NodeStreams {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final TicketSender sender;
    private final BuiltImages images;
    private final Rendezvous<BlockingCall<StreamFrame, StreamFrame>> streams;
    private final Rendezvous<BlockingCall<FromBuilder, ToBuilder>> builds;
    private volatile @Nullable String lastBuilder;

    /** @param replicaAddress host:port of this control plane, as agents dial it */
    public TicketedStreams(TicketSender sender, String replicaAddress, BuiltImages images) {
        this(sender, replicaAddress, images, PATIENCE);
    }

    TicketedStreams(TicketSender sender, String replicaAddress, BuiltImages images, Duration patience) {
        this.sender = requireNonNull(sender, "sender is null");
        this.images = requireNonNull(images, "images is null");
        this.streams = new Rendezvous<>(sender, replicaAddress, patience);
        this.builds = new Rendezvous<>(sender, replicaAddress, patience);
    }

    @Override
    public NodeStream log(String nodeName, LogRequest request) {
        return open(nodeName, Ticket.newBuilder().setLog(request));
    }

    @Override
    public NodeStream exec(String nodeName, ExecRequest request) {
        return open(nodeName, Ticket.newBuilder().setExec(request));
    }

    @Override
    public NodeStream attach(String nodeName, AttachRequest request) {
        return open(nodeName, Ticket.newBuilder().setAttach(request));
    }

    @Override
    public NodeStream portForward(String nodeName, PortForwardRequest request) {
        return open(nodeName, Ticket.newBuilder().setPortForward(request));
    }

    private NodeStream open(String nodeName, Ticket.Builder ticket) {
        BlockingCall<StreamFrame, StreamFrame> call = streams.await(nodeName, ticket);
        try {
            call.write(StreamFrame.newBuilder().setAccepted(true).build());
        } catch (IOException e) {
            throw new ApiException(
                    503,
                    "ServiceUnavailable",
                    "node %s went away while it opened the stream: %s".formatted(nodeName, e.getMessage()));
        }
        return new CallStream(call);
    }

    @Override
    public BuildResult build(
            @Nullable String nodeName, BuildRequest request, InputStream context, Consumer<FromBuilder> events) {
        String node = nodeName == null ? sender.builder(lastBuilder) : nodeName;
        BuildRequest resolved = images.resolve(request);
        BlockingCall<FromBuilder, ToBuilder> call = builds.await(
                node,
                Ticket.newBuilder()
                        .setBuild(BuildTicket.newBuilder()
                                .setBuildName(UUID.randomUUID().toString())));
        lastBuilder = node;
        try {
            BuildResult result = new BuildRelay(call, resolved, context, events).run();
            if (result.getError().isEmpty()) {
                images.built(node, resolved, result);
            }
            return result;
        } catch (IOException e) {
            throw new ApiException(
                    503,
                    "ServiceUnavailable",
                    "the build on node %s was cut off (%s); nothing was named, start it again"
                            .formatted(node, e.getMessage()));
        } finally {
            call.cancel(Status.CANCELLED.withDescription("the build is over"));
        }
    }

    /** An agent has dialled; the first frame must redeem a ticket. Blocks until it has come; the stream goes on afterwards. */
    public void accept(String nodeName, BlockingCall<StreamFrame, StreamFrame> call) {
        try {
            StreamFrame first = call.read();
            if (first == null || !first.hasRedeem()) {
                call.cancel(Status.INVALID_ARGUMENT.withDescription("the first frame must redeem a ticket"));
                return;
            }
            if (!streams.arrive(first.getRedeem(), nodeName, call)) {
                call.cancel(spent());
            }
        } catch (IOException e) {
            call.cancel(Status.CANCELLED.withDescription(e.getMessage()));
        }
    }

    /** As {@link #accept}, for a builder. */
    public void acceptBuild(String nodeName, BlockingCall<FromBuilder, ToBuilder> call) {
        try {
            FromBuilder first = call.read();
            if (first == null || !first.hasRedeem()) {
                call.cancel(Status.INVALID_ARGUMENT.withDescription("the first message must redeem a ticket"));
            } else if (!builds.arrive(first.getRedeem(), nodeName, call)) {
                call.cancel(spent());
            }
        } catch (IOException e) {
            call.cancel(Status.CANCELLED.withDescription(e.getMessage()));
        }
    }

    /** An agent can't honour a ticket. */
    public void refused(String nodeName, TicketRefused refused) {
        streams.refuse(nodeName, refused);
        builds.refuse(nodeName, refused);
    }

    private static Status spent() {
        return Status.PERMISSION_DENIED.withDescription("the ticket is unknown, used, expired, or another node's");
    }

    /** What the cluster's image names mean, before and after a build. */
    public interface BuiltImages {
        /** Fills in the digests that names mean now, unless the request has them. */
        BuildRequest resolve(BuildRequest request);

        /** Records the names of a successful build. */
        void built(String nodeName, BuildRequest request, BuildResult result);
    }
}
