package dev.gantry.controlplane.coordination;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.leader.Leadership.Term;
import dev.gantry.controlplane.store.Store;
import dev.gantry.controlplane.store.StoreException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Once a minute, while this control plane leads: tombstones that it has known for ten minutes are deleted. */
final class TombstonePurgePart implements Term.Part {
    private static final Logger log = LoggerFactory.getLogger(TombstonePurgePart.class);
    private static final Duration KEPT = Duration.ofMinutes(10);
    private static final Duration INTERVAL = Duration.ofMinutes(1);

    private final Store store;
    private @Nullable ScheduledExecutorService timer;

    TombstonePurgePart(Store store) {
        this.store = requireNonNull(store, "store is null");
    }

    @Override
    public synchronized void won(Term term) {
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(
                Thread.ofVirtual().name("tombstone-purge").factory());
        started.scheduleWithFixedDelay(() -> purge(term), INTERVAL.toSeconds(), INTERVAL.toSeconds(), TimeUnit.SECONDS);
        timer = started;
    }

    @Override
    public synchronized void lost() {
        if (timer != null) {
            timer.shutdownNow();
            timer = null;
        }
    }

    private void purge(Term term) {
        try {
            int purged = store.purgeTombstones(KEPT, term.fence());
            if (purged > 0) {
                log.info("Purged {} tombstones", purged);
            }
        } catch (StoreException e) {
            log.info("Tombstones are purged later: {}", e.getMessage());
        } catch (RuntimeException e) {
            log.error("Purging tombstones failed; they are purged later", e);
        }
    }
}
