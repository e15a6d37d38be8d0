package dev.gantry.agent.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.common.image.ImageName;
import dev.gantry.common.registry.HttpRegistry;
import dev.gantry.common.registry.Login;
import dev.gantry.common.registry.Registry;
import dev.gantry.common.registry.RegistryException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pulls from the cluster's registry, and from those of others that names begin with: one pull an image, however many wait for it. */
public final class RegistryPulls implements ImagePulls, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryPulls.class);
    private static final int LAYERS_AT_A_TIME = 4;
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(5);

    private final DiskImageStore store;
    private final Supplier<List<Registry>> registries;
    private final RandomGenerator random;
    private final LayerGate gate = new LayerGate(LAYERS_AT_A_TIME);
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("image-pull-", 0).factory());
    private final Map<Wanted, CompletableFuture<Pulled>> underWay = new HashMap<>();

    /** @param registries of the cluster, known now, best first */
    public RegistryPulls(DiskImageStore store, Supplier<List<Registry>> registries, RandomGenerator random) {
        this.store = requireNonNull(store, "store is null");
        this.registries = requireNonNull(registries, "registries is null");
        this.random = requireNonNull(random, "random is null");
    }

    @Override
    public synchronized CompletableFuture<Pulled> pull(Wanted wanted) {
        CompletableFuture<Pulled> running = underWay.get(wanted);
        if (running != null) {
            return running.copy();
        }
        CompletableFuture<Pulled> begun = new CompletableFuture<>();
        underWay.put(wanted, begun);
        try {
            threads.execute(() -> run(wanted, begun));
        } catch (RejectedExecutionException e) {
            underWay.remove(wanted);
            begun.completeExceptionally(new IOException("the agent stops", e));
        }
        return begun.copy();
    }

    private void run(Wanted wanted, CompletableFuture<Pulled> outcome) {
        try {
            Pulled pulled = wanted.external() ? pullFromOthers(wanted) : pullFromCluster(wanted);
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

    private Pulled pullFromCluster(Wanted wanted) throws IOException, InterruptedException {
        Optional<Image> here = store.find(wanted.digest());
        if (here.isPresent()) {
            return new Pulled(here.get(), 0, Duration.ZERO);
        }
        String repository =
                ImageName.tryParse(wanted.name()).map(ImageName::repository).orElse("image");
        return new ImagePull(store, "the cluster's registry", new Retries(registries, random), gate, threads)
                .run(repository, wanted.digest(), List.of());
    }

    private Pulled pullFromOthers(Wanted wanted) throws IOException, InterruptedException {
        ImageName name = parse(wanted.name());
        String host = requireNonNull(name.registry(), "registry is null");
        String reference = wanted.digest().isEmpty() ? requireNonNull(name.tag(), "tag is null") : wanted.digest();
        List<ImageName> names = name.digest() == null ? List.of(name) : List.of();
        List<@Nullable Login> logins = new ArrayList<>();
        wanted.logins().stream()
                .filter(login -> login.registry().equals(host))
                .forEach(login -> logins.add(login.login()));
        if (logins.isEmpty()) {
            logins.add(null);
        }
        RegistryException denied = null;
        for (Login login : logins) {
            try (HttpRegistry registry = HttpRegistry.named(host, login)) {
                Retries retries = new Retries(() -> List.of(registry), random);
                return new ImagePull(store, host, retries, gate, threads).run(name.repository(), reference, names);
            } catch (RegistryException e) {
                if (e.status() != 401 && e.status() != 403) {
                    throw e;
                }
                denied = e;
            }
        }
        throw requireNonNull(denied, "denied is null");
    }

    private static ImageName parse(String name) throws IOException {
        try {
            ImageName parsed = ImageName.parse(name);
            if (parsed.registry() == null) {
                throw new IOException(
                        "the image name %s begins with no registry; expected HOST:PORT/REPOSITORY:TAG".formatted(name));
            }
            return parsed;
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private synchronized void forget(Wanted wanted) {
        underWay.remove(wanted);
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
