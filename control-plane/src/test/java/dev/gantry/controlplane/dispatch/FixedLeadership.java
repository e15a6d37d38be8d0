package dev.gantry.controlplane.dispatch;

import dev.gantry.controlplane.leader.Leadership;
import dev.gantry.controlplane.store.Fence;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Leadership that a test gives and takes. */
final class FixedLeadership implements Leadership {
    private volatile @Nullable Fence fence;
    private Term.@Nullable Part part;
    private volatile List<String> leaders = List.of();

    void win(Fence newFence) {
        fence = newFence;
        if (part != null) {
            part.won(() -> newFence);
        }
    }

    void lose(List<String> newLeaders) {
        fence = null;
        leaders = newLeaders;
        if (part != null) {
            part.lost();
        }
    }

    @Override
    public Optional<Fence> fence() {
        return Optional.ofNullable(fence);
    }

    @Override
    public List<String> leaderAddresses() {
        return leaders;
    }

    @Override
    public void register(Term.Part newPart) {
        part = newPart;
    }
}
