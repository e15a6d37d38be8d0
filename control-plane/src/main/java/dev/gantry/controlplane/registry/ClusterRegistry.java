package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.image.Digest;
import dev.gantry.controlplane.http.ApiServer;
import dev.gantry.controlplane.http.Authorizer;
import dev.gantry.controlplane.http.Routes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The registry of this control plane. Open, {@link #addTo} the server, {@link #start}; safe for use by many threads. */
public final class ClusterRegistry implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ClusterRegistry.class);
    private static final String PATH = "/v2";
    private static final Duration COLLECTION_PERIOD = Duration.ofMinutes(10);
    /** Longer than any client takes from asking for a blob to pushing the manifest that names it. */
    private static final Duration KEPT_AFTER_USE = Duration.ofHours(1);

    private static final Duration LONGEST_IDLE_UPLOAD = Duration.ofHours(1);

    private final RegistryHandler handler;
    private final Uploads uploads;
    private final BlobCollection collection;
    private final ImageNames names;
    private final BlobSource others;
    private final InstantSource clock;
    private final ScheduledExecutorService job = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("registry-collection").factory());

    private ClusterRegistry(
            BlobStore store,
            Authorizer authorizer,
            ImageNames names,
            BlobSource others,
            InstantSource clock,
            RandomGenerator random) {
        this.names = requireNonNull(names, "names is null");
        this.others = requireNonNull(others, "others is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.uploads = new Uploads(store, clock, random);
        this.collection = new BlobCollection(store);
        BlobEndpoint blobs = new BlobEndpoint(store, uploads, others);
        this.handler = new RegistryHandler(
                authorizer,
                blobs,
                new UploadEndpoint(store, uploads, blobs),
                new ManifestEndpoint(store, uploads, blobs, others, names));
    }

    /**
     * @param directory of its own
     * @param others where content is that this control plane does not hold; closed with this
     * @param random not to be guessed: whoever knows an upload's name, and is its user, may go on with it
     * @throws IOException when the directory can't be read or written
     */
    public static ClusterRegistry open(
            Path directory,
            Authorizer authorizer,
            ImageNames names,
            BlobSource others,
            InstantSource clock,
            RandomGenerator random)
            throws IOException {
        return new ClusterRegistry(BlobStore.open(directory, clock), authorizer, names, others, clock, random);
    }

    public void addTo(Routes routes, ApiServer.Builder server) {
        routes.add("*", PATH + "/**", handler);
        server.refusalBody(PATH + "/", RegistryHandler::body);
    }

    /** Begins to collect, now and then. */
    public void start() {
        job.scheduleWithFixedDelay(
                this::collectOrWarn, COLLECTION_PERIOD.toSeconds(), COLLECTION_PERIOD.toSeconds(), TimeUnit.SECONDS);
    }

    private void collectOrWarn() {
        try {
            collect();
        } catch (IOException | RuntimeException e) {
            log.warn("The registry could not be tidied; trying again in {}", COLLECTION_PERIOD, e);
        }
    }

    /** Ends uploads that are idle for long, and removes what nothing refers to. */
    void collect() throws IOException {
        Instant now = clock.instant();
        int expired = uploads.expire(now.minus(LONGEST_IDLE_UPLOAD));
        Optional<Set<Digest>> needed = names.needed();
        if (needed.isPresent()) {
            BlobCollection.Collected collected = collection.collect(needed.get(), now.minus(KEPT_AFTER_USE));
            if (expired + collected.manifests() + collected.blobs() > 0) {
                log.info("The registry was tidied: {}, and {} idle uploads", collected, expired);
            }
        }
    }

    @Override
    public void close() {
        job.shutdownNow();
        others.close();
    }
}
