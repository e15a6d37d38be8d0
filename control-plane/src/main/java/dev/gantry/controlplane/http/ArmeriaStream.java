package dev.gantry.controlplane.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponseWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A streamed body over Armeria's writer, whose own write would queue without bound. */
final class ArmeriaStream implements ResponseStream {
    private final HttpResponseWriter writer;

    ArmeriaStream(HttpResponseWriter writer) {
        this.writer = writer;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (!writer.tryWrite(HttpData.copyOf(bytes, offset, length))) {
            throw new IOException("the client has gone");
        }
        awaitConsumed(writer.whenConsumed());
    }

    static void awaitConsumed(CompletableFuture<Void> consumed) throws IOException {
        try {
            consumed.get();
        } catch (ExecutionException e) {
            throw new IOException("the client has gone", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the client was slow");
        }
    }

    @Override
    public void onClose(Runnable action) {
        var _ = writer.whenComplete().whenComplete((done, failure) -> action.run());
    }

    @Override
    public boolean isClosed() {
        return !writer.isOpen();
    }
}
