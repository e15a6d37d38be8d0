package dev.gantry.agent.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.common.registry.Registry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pulls from the cluster's registry: one pull an image, however many wait for it. */
public final class RegistryPulls implements ImagePulls, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryPulls.class);
    private static final int LAYERS_AT_A_TIME = 4;
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(5);

    private final ImagePull pull;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("image-pull-", 0).factory());
    private final Map<String, CompletableFuture<Pulled>> underWay = new HashMap<>();

    /** @param registries those known now, best first */
    public RegistryPulls(DiskImageStore store, Supplier<List<Registry>> registries, RandomGenerator random) {
        this.pull = new ImagePull(
                requireNonNull(store, "store is null"),
                new Retries(registries, random),
                new LayerGate(LAYERS_AT_A_TIME),
                threads);
    }

    @Override
    public synchronized CompletableFuture<Pulled> pull(Wanted wanted) {
        CompletableFuture<Pulled> running = underWay.get(wanted.digest());
        if (running != null) {
            return running.copy();
        }
        CompletableFuture<Pulled> begun = new CompletableFuture<>();
        underWay.put(wanted.digest(), begun);
        try {
            threads.execute(() -> run(wanted, begun));
        } catch (RejectedExecutionException e) {
            underWay.remove(wanted.digest());
            begun.completeExceptionally(new IOException("the agent stops", e));
        }
        return begun.copy();
    }

    private void run(Wanted wanted, CompletableFuture<Pulled> outcome) {
        try {
            Pulled pulled = pull.run(wanted);
            LOG.info("Pulled {} ({}), {} bytes, in {}", wanted.name(), wanted.digest(), pulled.bytes(), pulled.took());
            forget(wanted);
            outcome.complete(pulled);
        } catch (InterruptedException e) {
            forget(wanted);
            outcome.completeExceptionally(new InterruptedIOException("the agent stops"));
        } catch (IOException | RuntimeException | Error e) {
            LOG.warn("{} ({}) could not be pulled: {}", wanted.name(), wanted.digest(), e.toString());
            forget(wanted);
            outcome.completeExceptionally(e);
        }
    }

    private synchronized void forget(Wanted wanted) {
        underWay.remove(wanted.digest());
    }

    /** What has come stays, and the next agent goes on with it. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(LONGEST_CLOSE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("A pull is still under way; it is left behind");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
