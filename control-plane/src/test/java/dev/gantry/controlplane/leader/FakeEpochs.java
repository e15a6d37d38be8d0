package dev.gantry.controlplane.leader;

import dev.gantry.controlplane.store.Epochs;
import dev.gantry.controlplane.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The epochs of an ensemble in memory, as one control plane sees them; a test cuts and mends its connection. */
final class FakeEpochs implements Epochs {
    private final Ensemble ensemble;
    private final String replica;
    private final List<ConnectionListener> listeners = new ArrayList<>();
    private volatile boolean connected = true;
    private volatile boolean barrierFails;

    /** Registers the replica. */
    FakeEpochs(Ensemble ensemble, String replica) {
        this.ensemble = ensemble;
        this.replica = replica;
        ensemble.registered.add(replica);
    }

    @Override
    public Epoch current() {
        requireConnection();
        return ensemble.current();
    }

    @Override
    public Optional<Epoch> begin(Epoch last, byte[] holder) {
        requireConnection();
        return ensemble.begin(last, holder);
    }

    @Override
    public boolean isRegistered(String other) {
        requireConnection();
        return ensemble.registered.contains(other);
    }

    @Override
    public void awaitBarrier(Duration timeout) {
        requireConnection();
        if (barrierFails) {
            throw new StoreException.Unavailable("the barrier is not passed");
        }
    }

    @Override
    public boolean connected() {
        return connected;
    }

    @Override
    public synchronized void listen(ConnectionListener listener) {
        listeners.add(listener);
    }

    void failBarriers(boolean fail) {
        barrierFails = fail;
    }

    /** No server answers; the session lives on. */
    synchronized void suspend() {
        connected = false;
        listeners.forEach(ConnectionListener::suspended);
    }

    /** The session is over, here and in the ensemble. */
    synchronized void lose() {
        connected = false;
        ensemble.registered.remove(replica);
        listeners.forEach(ConnectionListener::lost);
    }

    /** Another session, if the last was lost. */
    synchronized void reconnect() {
        ensemble.registered.add(replica);
        connected = true;
        listeners.forEach(ConnectionListener::connected);
    }

    private void requireConnection() {
        if (!connected) {
            throw new StoreException.Unavailable("not connected");
        }
    }

    /** What is shared. */
    static final class Ensemble {
        final Set<String> registered = ConcurrentHashMap.newKeySet();
        private final List<Epoch> begun = new ArrayList<>(List.of(new Epoch(0, new byte[0])));

        synchronized Epoch current() {
            return begun.getLast();
        }

        synchronized Optional<Epoch> begin(Epoch last, byte[] holder) {
            if (last.number() != current().number()) {
                return Optional.empty();
            }
            begun.add(new Epoch(last.number() + 1, holder));
            return Optional.of(current());
        }

        /** Who held each epoch from 1 on. */
        synchronized List<String> holders() {
            return begun.stream()
                    .skip(1)
                    .map(epoch ->
                            LeaderRecord.decode(epoch.holder()).orElseThrow().replica())
                    .toList();
        }
    }
}
