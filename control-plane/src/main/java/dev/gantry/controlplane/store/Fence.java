package dev.gantry.controlplane.store;

/**
 * What a write of a leader-only component must still find true in the store: that no later epoch has begun.
 *
 * @param epoch the epoch under which the caller leads
 */
public record Fence(long epoch) {}
