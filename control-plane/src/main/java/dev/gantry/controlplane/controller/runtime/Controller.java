package dev.gantry.controlplane.controller.runtime;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.leader.Leadership.Term;
import dev.gantry.controlplane.resource.ClusterObjects;
import java.time.Clock;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs one planner while this replica leads: a {@link Reign} for each term, worked by a few named virtual threads. Everything but {@link #won} and {@link
 * #lost} is the reign's.
 */
public final class Controller<K> implements Term.Part {
    private final Planner<K> planner;
    private final ClusterObjects objects;
    private final Clock clock;
    private final int workers;
    private @Nullable Reign<K> reign;

    /** @param workers how many keys are worked on at a time */
    public Controller(Planner<K> planner, ClusterObjects objects, Clock clock, int workers) {
        this.planner = requireNonNull(planner, "planner is null");
        this.objects = requireNonNull(objects, "objects is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.workers = workers;
    }

    @Override
    public synchronized void won(Term term) {
        end();
        Executor parallel =
                task -> Thread.ofVirtual().name(planner.name() + "-write").start(task);
        Reign<K> begun = new Reign<>(planner, objects, clock, term.fence(), parallel);
        reign = begun;
        begun.start(workers);
    }

    @Override
    public synchronized void lost() {
        end();
    }

    private void end() {
        if (reign != null) {
            reign.close();
            reign = null;
        }
    }
}
