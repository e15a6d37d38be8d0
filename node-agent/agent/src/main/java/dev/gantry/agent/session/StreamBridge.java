package dev.gantry.agent.session;

import com.google.protobuf.ByteString;
import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime.AttachedStreams;
import dev.gantry.agent.container.ContainerRuntime.ExecProcess;
import dev.gantry.agent.container.ContainerRuntime.OutputChunk;
import dev.gantry.agent.container.ExitRecord;
import dev.gantry.agent.pod.PodStreams;
import dev.gantry.wire.call.BlockingCall;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.StreamEnd;
import dev.gantry.wire.node.v1.StreamFrame;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** One dialled stream between a user and a container. Each method blocks until the stream has ended, and ends the call. */
final class StreamBridge {
    private static final int CHUNK = 64 * 1024;
    private static final Duration EXIT = Duration.ofSeconds(10);

    private final BlockingCall<StreamFrame, StreamFrame> call;
    private boolean ended;

    StreamBridge(BlockingCall<StreamFrame, StreamFrame> call) {
        this.call = call;
    }

    void log(PodStreams streams, LogRequest request) throws IOException {
        Thread self = Thread.currentThread();
        // nothing comes from the user but the end, which must stop a follower that has nothing to write
        Thread watcher = Thread.ofVirtual().name("log-watch").start(() -> {
            drain();
            self.interrupt();
        });
        try {
            streams.log(request, (data, offset, length) -> write(false, data, offset, length));
            end(0, "");
        } catch (ContainerException e) {
            end(1, String.valueOf(e.getMessage()));
        } finally {
            watcher.interrupt();
            over();
        }
    }

    void exec(ExecProcess process) throws IOException {
        Thread input = input(process);
        try {
            output(process);
            Optional<ExitRecord> exit = process.waitFor(EXIT);
            if (exit.isPresent()) {
                end(exit.get().exitCode(), "");
            } else {
                end(1, "the process has closed its output but runs on; it is stopped");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end(1, "the agent stops");
        } finally {
            input.interrupt();
            over();
        }
    }

    void attach(AttachedStreams attached) throws IOException {
        Thread input = input(attached);
        try {
            output(attached);
            end(0, "");
        } finally {
            input.interrupt();
            over();
        }
    }

    private void output(AttachedStreams streams) throws IOException {
        for (OutputChunk chunk = streams.read(); chunk != null; chunk = streams.read()) {
            write(chunk.stderr(), chunk.data(), 0, chunk.data().length);
        }
    }

    private Thread input(AttachedStreams streams) {
        return Thread.ofVirtual().name("stream-input").start(() -> {
            try {
                for (StreamFrame frame = call.read(); frame != null; frame = call.read()) {
                    switch (frame.getFrameCase()) {
                        case STDIN -> {
                            byte[] data = frame.getStdin().toByteArray();
                            streams.writeStdin(data, 0, data.length);
                        }
                        case STDIN_END -> streams.closeStdin();
                        case RESIZE ->
                            streams.resize(
                                    frame.getResize().getColumns(),
                                    frame.getResize().getRows());
                        case REDEEM, ACCEPTED, STDOUT, STDERR, END, FRAME_NOT_SET -> {
                            // nothing that a user sends
                        }
                    }
                }
            } catch (IOException e) {
                if (call.isOver()) {
                    // the user went away: reading from the process ends with it
                    streams.close();
                }
            }
        });
    }

    private void drain() {
        try {
            StreamFrame frame = call.read();
            while (frame != null) {
                frame = call.read();
            }
        } catch (IOException e) {
            // the user went away
        }
    }

    private void write(boolean stderr, byte[] data, int offset, int length) throws IOException {
        for (int from = offset; from < offset + length; from += CHUNK) {
            ByteString part = ByteString.copyFrom(data, from, Math.min(CHUNK, offset + length - from));
            call.write(
                    stderr
                            ? StreamFrame.newBuilder().setStderr(part).build()
                            : StreamFrame.newBuilder().setStdout(part).build());
        }
    }

    /** A call that has said its end is not cancelled: that could overtake what was said. */
    private void over() {
        if (!ended) {
            call.cancel(Status.CANCELLED.withDescription("the stream broke off"));
        }
    }

    private void end(int exitCode, String error) throws IOException {
        call.write(StreamFrame.newBuilder()
                .setEnd(StreamEnd.newBuilder().setExitCode(exitCode).setError(error))
                .build());
        call.complete();
        ended = true;
    }
}
