package dev.gantry.agent.session;

import com.google.protobuf.ByteString;
import dev.gantry.agent.build.Builder;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.ToBuilder;
import dev.gantry.wire.call.BlockingCall;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/** One dialled build: the context goes to the builder, its events to the user. */
final class BuildBridge {
    private static final int CHUNKS = 4;

    private final BlockingCall<ToBuilder, FromBuilder> call;
    private final BlockingQueue<Optional<ByteString>> chunks = new ArrayBlockingQueue<>(CHUNKS);
    private volatile @Nullable Thread building;

    BuildBridge(BlockingCall<ToBuilder, FromBuilder> call) {
        this.call = call;
    }

    /** Blocks until the build has ended, and ends the call. */
    void run(Builder builder) throws IOException {
        ToBuilder first = call.read();
        if (first == null || !first.hasRequest()) {
            throw new IOException("the control plane did not send the build's request");
        }
        building = Thread.currentThread();
        Thread reader = Thread.ofVirtual().name("build-context").start(this::readContext);
        try {
            BuildResult result = build(builder, first.getRequest());
            if (!Thread.interrupted()) {
                call.write(FromBuilder.newBuilder().setResult(result).build());
                call.complete();
            }
        } catch (IOException | RuntimeException e) {
            call.cancel(Status.CANCELLED.withDescription("the build has failed: " + e.getMessage()));
            throw e;
        } finally {
            building = null;
            // completed calls end by the control plane's answer: cancelling them could overtake the result
            reader.interrupt();
        }
    }

    private BuildResult build(Builder builder, BuildRequest request) {
        try {
            return builder.build(request, new Context(), this::event);
        } catch (UncheckedIOException e) {
            return BuildResult.newBuilder()
                    .setError(String.valueOf(e.getMessage()))
                    .build();
        }
    }

    private void event(FromBuilder event) {
        try {
            call.write(event);
        } catch (IOException e) {
            // the user went away: the build ends by the interrupt that follows
            throw new UncheckedIOException(e);
        }
    }

    private void readContext() {
        try {
            for (ToBuilder message = call.read(); message != null; message = call.read()) {
                if (message.hasContext()) {
                    chunks.put(Optional.of(message.getContext()));
                } else if (message.getContextEnd()) {
                    chunks.put(Optional.empty());
                } else if (message.getCancel()) {
                    break;
                }
            }
            interruptBuild();
        } catch (IOException e) {
            interruptBuild();
        } catch (InterruptedException e) {
            // the build is over
        }
    }

    private void interruptBuild() {
        Thread thread = building;
        if (thread != null) {
            thread.interrupt();
        }
    }

    private final class Context extends InputStream {
        private ByteString chunk = ByteString.EMPTY;
        private int position;
        private boolean ended;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            while (position == chunk.size()) {
                if (ended || !next()) {
                    return -1;
                }
            }
            int count = Math.min(length, chunk.size() - position);
            chunk.copyTo(target, position, offset, count);
            position += count;
            return count;
        }

        private boolean next() throws IOException {
            try {
                Optional<ByteString> taken = chunks.take();
                ended = taken.isEmpty();
                chunk = taken.orElse(ByteString.EMPTY);
                position = 0;
                return !ended;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("the build was cancelled");
            }
        }
    }
}
