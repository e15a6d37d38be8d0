package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.ObjectStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The engine's parts over one store: what HTTP and controllers share. Safe for use by many threads. */
public final class ResourceEngine {
    private final KindTable kinds;
    private final ObjectCache cache;
    private final Commit commit;
    private final InstantSource clock;
    private final ResourceReader reader;
    private final ResourceWriter writer;
    private final ResourceDeleter deleter;
    private final ResourceApplier applier;

    /**
     * @param random for generated names; need not be secure
     */
    public ResourceEngine(KindTable kinds, ObjectStore store, InstantSource clock, RandomGenerator random) {
        this.kinds = requireNonNull(kinds, "kinds is null");
        this.cache = store.cache();
        this.commit = new Commit(store);
        this.clock = requireNonNull(clock, "clock is null");
        this.reader = new ResourceReader(cache);
        this.writer = new ResourceWriter(commit, clock, random);
        this.deleter = new ResourceDeleter(commit, clock);
        this.applier = new ResourceApplier(cache, writer, clock);
    }

    public KindTable kinds() {
        return kinds;
    }

    public ResourceReader reader() {
        return reader;
    }

    public ResourceWriter writer() {
        return writer;
    }

    public ResourceDeleter deleter() {
        return deleter;
    }

    public ResourceApplier applier() {
        return applier;
    }

    public Instant now() {
        return clock.instant();
    }

    ObjectCache cache() {
        return cache;
    }

    Commit commit() {
        return commit;
    }

    /**
     * @param fromRevision as a client knows it
     * @throws dev.gantry.controlplane.store.StoreException.Expired when it is too old: list again
     */
    public ResourceWatch watch(ServedKind served, @Nullable String namespace, long fromRevision, ListOptions options) {
        if (fromRevision > cache.revision()) {
            cache.awaitRevision(fromRevision, ResourceReader.READ_TIMEOUT);
        }
        return ResourceWatch.start(cache, served, namespace, fromRevision, options);
    }

    /** Whether the kind is served at this moment: a watch of one that is not ends. */
    public boolean serves(ServedKind served) {
        return kinds.serves(served);
    }
}
