package dev.gantry.controlplane.leader;

import dev.gantry.controlplane.store.Fence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Leads when a test says so. */
public final class FakeLeadership implements Leadership {
    private final List<Term.Part> parts = new ArrayList<>();
    private List<String> addresses = List.of();
    private @Nullable Fence fence;

    @Override
    public synchronized Optional<Fence> fence() {
        return Optional.ofNullable(fence);
    }

    @Override
    public synchronized List<String> leaderAddresses() {
        return addresses;
    }

    @Override
    public synchronized void register(Term.Part part) {
        parts.add(part);
        Fence current = fence;
        if (current != null) {
            part.won(() -> current);
        }
    }

    public synchronized void win(Fence newFence) {
        fence = newFence;
        parts.forEach(part -> part.won(() -> newFence));
    }

    public synchronized void lose() {
        fence = null;
        parts.reversed().forEach(Term.Part::lost);
    }

    public synchronized void advertise(List<String> leaderAddresses) {
        addresses = List.copyOf(leaderAddresses);
    }
}
