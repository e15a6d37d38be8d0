package dev.gantry.controlplane.stream;

import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.StreamFrame;
import io.grpc.Status;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The user's end of a dialled stream. */
final class CallStream implements NodeStreams.NodeStream {
    private final BlockingCall<StreamFrame, StreamFrame> call;
    private volatile boolean ended;

    CallStream(BlockingCall<StreamFrame, StreamFrame> call) {
        this.call = call;
    }

    @Override
    public @Nullable StreamFrame read() throws IOException {
        if (ended) {
            return null;
        }
        StreamFrame frame = call.read();
        if (frame == null) {
            throw new IOException("the agent ended the stream without saying how it went");
        }
        ended = frame.hasEnd();
        return frame;
    }

    @Override
    public void write(StreamFrame frame) throws IOException {
        call.write(frame);
    }

    @Override
    public void close() {
        if (ended) {
            call.complete();
        } else {
            call.cancel(Status.CANCELLED.withDescription("the user went away"));
        }
    }
}
