package dev.gantry.controlplane.store;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Which control planes are registered: as read once, and what the watch has told since it was set. Written by one thread, read by any. */
final class RegisteredReplicas {
    private final Map<String, Boolean> told = new HashMap<>();
    private Set<String> read = Set.of();
    private volatile Set<String> names = Set.of();

    /** What the watch tells last of a replica is true, whether a reading saw it or not. */
    void told(String replica, boolean present) {
        told.put(replica, present);
        combine();
    }

    void read(Set<String> replicas) {
        read = Set.copyOf(replicas);
        combine();
    }

    void clear() {
        told.clear();
        read = Set.of();
        names = Set.of();
    }

    Set<String> names() {
        return names;
    }

    private void combine() {
        Set<String> combined = new HashSet<>(read);
        told.forEach((replica, present) -> {
            if (present) {
                combined.add(replica);
            } else {
                combined.remove(replica);
            }
        });
        names = Set.copyOf(combined);
    }
}
