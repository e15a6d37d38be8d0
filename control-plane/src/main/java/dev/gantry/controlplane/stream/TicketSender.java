package dev.gantry.controlplane.stream;

import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.wire.node.v1.Ticket;
import org.jspecify.annotations.Nullable;

/** Brings tickets to agents over their sessions: directly on the leader, by asking the leader elsewhere. Safe for use by many threads. */
public interface TicketSender {
    /** @throws ApiException 503 when the node has no session, or nobody leads */
    void send(String nodeName, Ticket ticket);

    /**
     * The node that shall build next: any with a session, for what it is told comes in order.
     *
     * @param preferred the one that built last; null for none
     * @throws ApiException 503 when no node has a session
     */
    String builder(@Nullable String preferred);
}
