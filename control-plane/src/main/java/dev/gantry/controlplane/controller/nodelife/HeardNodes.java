package dev.gantry.controlplane.controller.nodelife;

import java.time.Instant;
import java.util.Map;

/** When nodes were last heard. Implemented by whoever holds their sessions. Safe for use by many threads. */
public interface HeardNodes {
    /**
     * By the control plane's clock: for a node with an open session, its last message or now. A node that was not heard since this replica began to lead is
     * missing.
     */
    Map<String, Instant> lastHeard();
}
