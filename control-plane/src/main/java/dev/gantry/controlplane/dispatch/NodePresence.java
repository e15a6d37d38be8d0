package dev.gantry.controlplane.dispatch;

import java.time.Instant;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Which nodes this leader hears. Nothing of it is stored: a new leader starts with nothing heard, and whoever judges nodes starts the clocks anew with
 * it. Safe for use by many threads.
 */
public interface NodePresence {
    /** Every node that has been heard during this reign, by name; empty while this replica does not lead. */
    Map<String, Presence> nodes();

    /** Calls {@code listener} with a node's name after it connected, became ready or disconnected; not for heartbeats. It must not block. */
    void listen(Consumer<String> listener);

    /**
     * @param connected whether its session is open
     * @param ready whether its session is open and it has acknowledged its first snapshot
     * @param lastHeard by this control plane's clock
     */
    record Presence(boolean connected, boolean ready, Instant lastHeard) {}
}
