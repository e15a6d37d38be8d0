package dev.gantry.controlplane.controller.garbage;

import dev.gantry.controlplane.controller.runtime.Owners;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Owner uid → objects that name it, kept by watches. It may lag: good for finding work, not for proving that there is none. Safe for many threads. */
final class Dependents {
    private final Map<String, Set<Candidate.Named>> byOwner = new HashMap<>();

    synchronized void changed(Candidate.Named object, @Nullable HasMetadata before, @Nullable HasMetadata after) {
        if (before != null) {
            for (OwnerReference reference : Owners.references(before)) {
                Set<Candidate.Named> dependents = byOwner.get(reference.getUid());
                if (dependents != null && dependents.remove(object) && dependents.isEmpty()) {
                    byOwner.remove(reference.getUid());
                }
            }
        }
        if (after != null) {
            for (OwnerReference reference : Owners.references(after)) {
                byOwner.computeIfAbsent(reference.getUid(), _ -> new HashSet<>())
                        .add(object);
            }
        }
    }

    synchronized Set<Candidate.Named> of(String ownerUid) {
        return Set.copyOf(byOwner.getOrDefault(ownerUid, Set.of()));
    }

    synchronized void clear() {
        byOwner.clear();
    }
}
