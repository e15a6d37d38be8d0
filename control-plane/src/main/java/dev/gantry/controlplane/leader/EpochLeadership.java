package dev.gantry.controlplane.leader;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.store.Epochs;
import dev.gantry.controlplane.store.Epochs.Epoch;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads by epochs.
 *
 * <pre>
 *   FOLLOWING --the holder is gone, the next epoch is ours--> WON --barrier passed, parts told--> LEADING
 *       ^                                                      |                                |     ^
 *       |                                                      |                       suspended|     |same epoch found again
 *       +------- session lost, or a later epoch was found -----+---------------------------- PAUSED --+
 * </pre>
 *
 * One thread, {@code leadership}, looks twice a second and whenever the connection changes; it alone calls the parts. Reading costs the ensemble no
 * writes. Safe for use by many threads.
 */
public final class EpochLeadership implements Leadership, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EpochLeadership.class);
    private static final Duration LOOK_INTERVAL = Duration.ofMillis(500);
    private static final Duration BARRIER_PATIENCE = Duration.ofSeconds(5);

    private final Epochs epochs;
    private final String replica;
    private final Predicate<String> refusesConnections;
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread =
            Thread.ofPlatform().daemon().name("leadership").unstarted(this::run);
    private final List<Told> parts = new ArrayList<>();

    private volatile boolean closed;
    private volatile boolean sure;
    private volatile boolean sessionLost;
    private volatile @Nullable Reign reign;
    private volatile @Nullable LeaderRecord contender;
    private volatile List<String> leaderAddresses = List.of();

    /**
     * @param replica this control plane's name; an epoch that it holds already is its dead predecessor's, as the lock of the state directory says
     * @param refusesConnections whether nothing listens on a host:port: refused, rather than not answered
     */
    public EpochLeadership(Epochs epochs, String replica, Predicate<String> refusesConnections) {
        this.epochs = requireNonNull(epochs, "epochs is null");
        this.replica = requireNonNull(replica, "replica is null");
        this.refusesConnections = requireNonNull(refusesConnections, "refusesConnections is null");
    }

    /** Begins to look who leads. */
    public void start() {
        epochs.listen(new Epochs.ConnectionListener() {
            @Override
            public void connected() {
                wake.release();
            }

            @Override
            public void suspended() {
                sure = false;
            }

            @Override
            public void lost() {
                sure = false;
                sessionLost = true;
                wake.release();
            }

            @Override
            public void changed() {
                wake.release();
            }
        });
        thread.start();
    }

    /**
     * Begins to contend. Only when this control plane listens: others take a leader that refuses connections for dead.
     *
     * @param addresses host:port, where agents, users and other control planes reach this one
     */
    public void contend(List<String> addresses) {
        contender = new LeaderRecord(replica, addresses);
        wake.release();
    }

    @Override
    public Optional<Fence> fence() {
        Reign now = reign;
        return sure && now != null && now.announced ? Optional.of(now.epoch.fence()) : Optional.empty();
    }

    @Override
    public List<String> leaderAddresses() {
        return leaderAddresses;
    }

    @Override
    public void register(Term.Part part) {
        synchronized (parts) {
            parts.add(new Told(part));
        }
        wake.release();
    }

    /** A write was refused for its epoch: look at once. */
    public void deposed() {
        sure = false;
        wake.release();
    }

    /** Gives the role up: parts are told that it is lost, then whoever contends may take the next epoch at once. Idempotent. */
    @Override
    public void close() {
        closed = true;
        sure = false;
        wake.release();
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closed) {
            try {
                if (sessionLost) {
                    sessionLost = false;
                    end("the session was lost");
                }
                if (epochs.connected()) {
                    look();
                }
            } catch (StoreException e) {
                log.debug("The store does not answer; looking again", e);
            } catch (RuntimeException e) {
                log.error("Looking who leads failed; looking again", e);
            }
            pause();
        }
        Reign last = reign;
        end("this control plane stops");
        if (last != null) {
            handOver(last.epoch);
        }
    }

    /** An epoch without a holder. When it can't be written now, the next leader is found by the end of this session. */
    private void handOver(Epoch last) {
        try {
            epochs.begin(last, new byte[0]);
        } catch (StoreException e) {
            log.info("The role could not be handed over: {}", e.getMessage());
        }
    }

    private void look() {
        Epoch current = epochs.current();
        Optional<LeaderRecord> holder = LeaderRecord.decode(current.holder());
        leaderAddresses = holder.map(LeaderRecord::addresses).orElse(List.of());
        Reign mine = reign;
        if (mine != null && mine.epoch.number() != current.number()) {
            end("epoch %d has begun".formatted(current.number()));
            mine = null;
        }
        if (mine == null) {
            LeaderRecord me = contender;
            if (me != null && mayTake(holder)) {
                take(current, me);
            }
            return;
        }
        announce(mine);
        if (!sessionLost) {
            sure = true;
        }
        // the connection may have changed while this thread looked
        if (!epochs.connected()) {
            sure = false;
        }
    }

    private boolean mayTake(Optional<LeaderRecord> holder) {
        if (holder.isEmpty()) {
            return true;
        }
        LeaderRecord leader = holder.get();
        return leader.replica().equals(replica)
                || !epochs.isRegistered(leader.replica())
                || (!leader.addresses().isEmpty() && leader.addresses().stream().allMatch(refusesConnections));
    }

    private void take(Epoch last, LeaderRecord me) {
        Optional<Epoch> begun = epochs.begin(last, me.encode());
        if (begun.isEmpty()) {
            return;
        }
        Reign mine = new Reign(begun.get());
        reign = mine;
        leaderAddresses = me.addresses();
        announce(mine);
        sure = epochs.connected() && !sessionLost;
    }

    /** Nothing is led before the cache has everything that earlier leaders wrote. */
    private void announce(Reign mine) {
        if (!mine.announced) {
            epochs.awaitBarrier(BARRIER_PATIENCE);
            mine.announced = true;
            sure = epochs.connected() && !sessionLost;
            log.info("Leading in epoch {}", mine.epoch.number());
        }
        List<Told> untold;
        synchronized (parts) {
            untold = parts.stream().filter(part -> part.told != mine).toList();
        }
        for (Told part : untold) {
            part.told = mine;
            guarded(() -> part.part.won(mine));
        }
    }

    private void end(String why) {
        Reign mine = reign;
        if (mine == null) {
            return;
        }
        sure = false;
        reign = null;
        log.warn("No longer leading (epoch {}): {}", mine.epoch.number(), why);
        List<Told> told;
        synchronized (parts) {
            told = parts.reversed().stream().filter(part -> part.told == mine).toList();
        }
        for (Told part : told) {
            part.told = null;
            guarded(part.part::lost);
        }
    }

    private static void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            log.error("A leader-only part failed", e);
        }
    }

    private void pause() {
        try {
            if (wake.tryAcquire(LOOK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                wake.drainPermits();
            }
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    private static final class Reign implements Term {
        private final Epoch epoch;
        private volatile boolean announced;

        Reign(Epoch epoch) {
            this.epoch = epoch;
        }

        @Override
        public Fence fence() {
            return epoch.fence();
        }
    }

    /** A part and the reign that it was last told of; touched by the leadership thread only, once registered. */
    private static final class Told {
        private final Term.Part part;
        private @Nullable Reign told;

        Told(Term.Part part) {
            this.part = requireNonNull(part, "part is null");
        }
    }
}
