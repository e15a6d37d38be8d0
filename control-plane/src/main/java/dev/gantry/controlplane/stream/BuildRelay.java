package dev.gantry.controlplane.stream;

import com.google.protobuf.ByteString;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.ToBuilder;
import dev.gantry.wire.call.BlockingCall;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One build between a user and a builder: the context goes down on a thread of its own while events come up. */
final class BuildRelay {
    private static final int CHUNK = 64 * 1024;

    private final BlockingCall<FromBuilder, ToBuilder> call;
    private final BuildRequest request;
    private final InputStream context;
    private final Consumer<FromBuilder> events;
    private final AtomicReference<@Nullable IOException> contextFailure = new AtomicReference<>();

    BuildRelay(
            BlockingCall<FromBuilder, ToBuilder> call,
            BuildRequest request,
            InputStream context,
            Consumer<FromBuilder> events) {
        this.call = call;
        this.request = request;
        this.context = context;
        this.events = events;
    }

    BuildResult run() throws IOException {
        call.write(ToBuilder.newBuilder().setRequest(request).build());
        Thread sender = Thread.ofVirtual().name("build-context").start(this::sendContext);
        try {
            while (true) {
                FromBuilder message = call.read();
                if (message == null) {
                    throw new IOException("the builder ended the call without a result");
                }
                if (message.hasResult()) {
                    return message.getResult();
                }
                events.accept(message);
            }
        } catch (IOException e) {
            IOException cause = contextFailure.get();
            throw cause == null ? e : cause;
        } finally {
            sender.interrupt();
        }
    }

    private void sendContext() {
        byte[] buffer = new byte[CHUNK];
        try {
            for (int read = context.read(buffer); read >= 0; read = context.read(buffer)) {
                if (read > 0) {
                    call.write(ToBuilder.newBuilder()
                            .setContext(ByteString.copyFrom(buffer, 0, read))
                            .build());
                }
            }
            call.write(ToBuilder.newBuilder().setContextEnd(true).build());
        } catch (IOException e) {
            if (!call.isOver() && !Thread.currentThread().isInterrupted()) {
                contextFailure.set(new IOException("the build's context broke off: " + e.getMessage(), e));
                cancelBuild();
            }
        }
    }

    private void cancelBuild() {
        try {
            call.write(ToBuilder.newBuilder().setCancel(true).build());
        } catch (IOException e) {
            // the call is over, which cancels as well
        }
        call.cancel(Status.CANCELLED.withDescription("the build's context broke off"));
    }
}
