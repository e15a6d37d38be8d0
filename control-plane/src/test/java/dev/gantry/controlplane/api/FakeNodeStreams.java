package dev.gantry.controlplane.api;

import com.google.protobuf.ByteString;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.stream.NodeStreams;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.StepOutput;
import dev.gantry.wire.build.v1.StepStarted;
import dev.gantry.wire.node.v1.AttachRequest;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.PortForwardRequest;
import dev.gantry.wire.node.v1.StreamEnd;
import dev.gantry.wire.node.v1.StreamFrame;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A node on which a shell answers what it is told, and a builder that counts its context. */
final class FakeNodeStreams implements NodeStreams {
    final List<LogRequest> logs = new ArrayList<>();
    final List<ExecRequest> execs = new ArrayList<>();
    final BlockingQueue<StreamFrame> sent = new LinkedBlockingQueue<>();
    volatile @Nullable BuildRequest build;
    volatile boolean away;

    @Override
    public NodeStream log(String nodeName, LogRequest request) {
        if (away) {
            throw new ApiException(503, "ServiceUnavailable", "node %s is away".formatted(nodeName));
        }
        logs.add(request);
        return new Scripted(List.of(stdout("one\n"), stdout("two\n"), end(0)));
    }

    @Override
    public NodeStream exec(String nodeName, ExecRequest request) {
        execs.add(request);
        return new Echo();
    }

    @Override
    public NodeStream attach(String nodeName, AttachRequest request) {
        return new Scripted(List.of(stdout("attached\n"), end(0)));
    }

    /** Port 9 gives back what comes in; nothing listens on others. */
    @Override
    public NodeStream portForward(String nodeName, PortForwardRequest request) {
        if (request.getPort() != 9) {
            throw new ApiException(400, "BadRequest", "nothing listens on port " + request.getPort());
        }
        return new Echo();
    }

    @Override
    public BuildResult build(
            @Nullable String nodeName, BuildRequest request, InputStream context, Consumer<FromBuilder> events) {
        build = request;
        try {
            long bytes = context.transferTo(java.io.OutputStream.nullOutputStream());
            events.accept(FromBuilder.newBuilder()
                    .setStepStarted(
                            StepStarted.newBuilder().setStep(1).setSteps(1).setInstruction("FROM scratch"))
                    .build());
            events.accept(FromBuilder.newBuilder()
                    .setStepOutput(StepOutput.newBuilder().setStep(1).setOutput(ByteString.copyFromUtf8("hello\n")))
                    .build());
            return BuildResult.newBuilder()
                    .setDigest("sha256:abc")
                    .setBytes(bytes)
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static StreamFrame stdout(String text) {
        return StreamFrame.newBuilder().setStdout(ByteString.copyFromUtf8(text)).build();
    }

    private static StreamFrame end(int code) {
        return StreamFrame.newBuilder()
                .setEnd(StreamEnd.newBuilder().setExitCode(code))
                .build();
    }

    private record Scripted(BlockingQueue<StreamFrame> frames) implements NodeStream {
        Scripted(List<StreamFrame> frames) {
            this(new LinkedBlockingQueue<>(frames));
        }

        @Override
        public @Nullable StreamFrame read() {
            return frames.poll();
        }

        @Override
        public void write(StreamFrame frame) {}

        @Override
        public void close() {}
    }

    /** Gives back what comes in, and exits with 3 at the end of the input. */
    private final class Echo implements NodeStream {
        private final BlockingQueue<StreamFrame> out = new LinkedBlockingQueue<>();
        private boolean ended;

        @Override
        public @Nullable StreamFrame read() throws IOException {
            if (ended) {
                return null;
            }
            try {
                StreamFrame frame = out.take();
                ended = frame.hasEnd();
                return frame;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }

        @Override
        public void write(StreamFrame frame) {
            sent.add(frame);
            if (frame.hasStdin()) {
                out.add(StreamFrame.newBuilder().setStdout(frame.getStdin()).build());
            } else if (frame.hasStdinEnd()) {
                out.add(end(3));
            }
        }

        @Override
        public void close() {
            out.add(end(1));
        }
    }
}
