package dev.gantry.controlplane.controller.nodelife;

import java.time.Instant;
import java.util.Optional;

/** When nodes were last heard. Implemented by whoever holds their sessions. Safe for use by many threads. */
public interface NodePresence {
    /**
     * @return by the control plane's clock; now for a node with an open session that answers; empty for one that was not heard since this replica began to
     *     lead
     */
    Optional<Instant> lastHeard(String nodeName);
}
