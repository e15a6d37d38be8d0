package dev.gantry.agent.session;

import com.google.protobuf.ByteString;
import dev.gantry.agent.build.Builder;
import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime.AttachedStreams;
import dev.gantry.agent.container.ContainerRuntime.ExecProcess;
import dev.gantry.agent.pod.PodStreams;
import dev.gantry.wire.build.v1.BuildServiceGrpc;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.ToBuilder;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.NodeServiceGrpc;
import dev.gantry.wire.node.v1.StreamFrame;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.TicketRefused;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Honours tickets: opens what was asked for, dials the replica that the user's request waits at, and joins the two. What can't be opened is refused over
 * the session, so that the user gets a reason. Safe for use by many threads.
 */
final class TicketDialer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TicketDialer.class);
    private static final Duration STREAM_STALL = Duration.ofHours(1);
    private static final Duration BUILD_STALL = Duration.ofMinutes(10);

    private final ControlPlaneChannels channels;
    private final PodStreams streams;
    private final Builder builder;
    private final Outbox outbox;
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    TicketDialer(ControlPlaneChannels channels, PodStreams streams, Builder builder, Outbox outbox) {
        this.channels = channels;
        this.streams = streams;
        this.builder = builder;
        this.outbox = outbox;
    }

    /** Returns at once. The session's own channel serves when the ticket names the same replica. */
    void dial(Ticket ticket, String sessionAddress, ManagedChannel sessionChannel) {
        Thread thread = Thread.ofVirtual().name("ticket").unstarted(() -> {
            boolean same = ticket.getReplicaAddress().isEmpty()
                    || ticket.getReplicaAddress().equals(sessionAddress);
            ManagedChannel channel = sessionChannel;
            try {
                if (!same) {
                    channel = channels.open(ticket.getReplicaAddress());
                }
                honour(ticket, channel);
            } catch (IOException | RuntimeException e) {
                LOG.info("A ticket's stream has failed: {}", e.getMessage());
                refuse(ticket, "the agent could not open the stream: " + e.getMessage(), 503);
            } finally {
                if (!same && channel != sessionChannel) {
                    channel.shutdown();
                }
                running.remove(Thread.currentThread());
            }
        });
        running.add(thread);
        thread.start();
    }

    @Override
    public void close() {
        running.forEach(Thread::interrupt);
    }

    private void honour(Ticket ticket, ManagedChannel channel) throws IOException {
        switch (ticket.getPurposeCase()) {
            case LOG -> new StreamBridge(dialled(ticket, channel)).log(streams, ticket.getLog());
            case EXEC -> {
                try (ExecProcess process = streams.exec(ticket.getExec())) {
                    new StreamBridge(dialled(ticket, channel)).exec(process);
                } catch (ContainerException e) {
                    refuse(ticket, e);
                }
            }
            case ATTACH -> {
                try (AttachedStreams attached = streams.attach(ticket.getAttach())) {
                    new StreamBridge(dialled(ticket, channel)).attach(attached);
                } catch (ContainerException e) {
                    refuse(ticket, e);
                }
            }
            case PORT_FORWARD -> {
                try (AttachedStreams connection = streams.portForward(ticket.getPortForward())) {
                    new StreamBridge(dialled(ticket, channel)).attach(connection);
                } catch (ContainerException e) {
                    refuse(ticket, e);
                }
            }
            case BUILD -> build(ticket.getSecret(), channel);
            case PURPOSE_NOT_SET -> refuse(ticket, "this agent does not know what the ticket is for; upgrade it", 503);
        }
    }

    private static BlockingCall<StreamFrame, StreamFrame> dialled(Ticket ticket, ManagedChannel channel)
            throws IOException {
        BlockingCall<StreamFrame, StreamFrame> call = BlockingCall.client(STREAM_STALL);
        NodeServiceGrpc.newStub(channel).stream(call.clientObserver());
        call.write(StreamFrame.newBuilder().setRedeem(ticket.getSecret()).build());
        StreamFrame first = call.read();
        if (first == null || !first.getAccepted()) {
            call.cancel(Status.CANCELLED.withDescription("the ticket was not accepted"));
            throw new IOException("the control plane did not accept the ticket");
        }
        return call;
    }

    private void build(ByteString secret, ManagedChannel channel) throws IOException {
        BlockingCall<ToBuilder, FromBuilder> call = BlockingCall.client(BUILD_STALL);
        BuildServiceGrpc.newStub(channel).build(call.clientObserver());
        call.write(FromBuilder.newBuilder().setRedeem(secret).build());
        new BuildBridge(call).run(builder);
    }

    private void refuse(Ticket ticket, ContainerException reason) {
        int status =
                reason.reason().contains("NotFound") ? 404 : reason.reason().contains("NotRunning") ? 409 : 400;
        refuse(ticket, String.valueOf(reason.getMessage()), status);
    }

    private void refuse(Ticket ticket, String message, int status) {
        outbox.ticketRefused(TicketRefused.newBuilder()
                .setSecret(ticket.getSecret())
                .setMessage(message)
                .setStatus(status)
                .build());
    }
}
