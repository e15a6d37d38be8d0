package dev.gantry.agent.registry;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Several things at a time, of which each must succeed. */
final class Futures {
    private Futures() {}

    /** The first failure, or an interrupt, cancels the others, and is thrown when all have ended. */
    static void awaitAll(List<Future<?>> futures) throws IOException, InterruptedException {
        Throwable failure = null;
        for (Future<?> future : futures) {
            try {
                future.get();
            } catch (CancellationException e) {
                continue; // of an earlier failure
            } catch (ExecutionException e) {
                failure = failure == null ? e.getCause() : failure;
                futures.forEach(other -> other.cancel(true));
            } catch (InterruptedException e) {
                failure = failure == null ? e : failure;
                futures.forEach(other -> other.cancel(true));
            }
        }
        switch (failure) {
            case null -> {}
            case IOException e -> throw e;
            case InterruptedException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException("A transfer failed unexpectedly", failure);
        }
    }
}
