package dev.gantry.controlplane.schedule;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.leader.Leadership.Term;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.store.StoreException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Schedules pods while this replica leads, on one virtual thread named {@code scheduler}; events are written on another. */
public final class PodScheduling implements Term.Part {
    private static final Logger log = LoggerFactory.getLogger(PodScheduling.class);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final ClusterObjects objects;
    private final Clock clock;
    private @Nullable Running running;

    public PodScheduling(ClusterObjects objects, Clock clock) {
        this.objects = requireNonNull(objects, "objects is null");
        this.clock = requireNonNull(clock, "clock is null");
    }

    private record Running(SchedulingTerm term, Thread thread, ExecutorService background) {}

    @Override
    public synchronized void won(Term term) {
        end();
        ExecutorService background = Executors.newSingleThreadExecutor(
                Thread.ofVirtual().name("scheduler-events").factory());
        SchedulingTerm scheduling =
                new SchedulingTerm(objects, clock, term.fence(), task -> background.execute(() -> logged(task)));
        Thread thread = Thread.ofVirtual().name("scheduler").unstarted(() -> run(scheduling));
        running = new Running(scheduling, thread, background);
        thread.start();
    }

    private static void logged(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            log.info("A pod's scheduling was not announced: {}", e.getMessage());
        }
    }

    @Override
    public synchronized void lost() {
        end();
    }

    private void end() {
        if (running == null) {
            return;
        }
        close(running.term());
        running.thread().interrupt();
        running.background().shutdownNow();
        running = null;
    }

    private static void run(SchedulingTerm term) {
        try {
            term.subscribe();
            while (!term.isOver()) {
                boolean worked;
                try {
                    worked = term.step();
                } catch (StoreException.Deposed e) {
                    log.info("The scheduler stops: {}", e.getMessage());
                    return;
                } catch (RuntimeException e) {
                    if (!term.isOver()) {
                        log.warn("Scheduling failed; it is tried again", e);
                        Thread.sleep(AFTER_FAILURE);
                    }
                    continue;
                }
                if (!worked) {
                    term.awaitWork();
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            close(term);
        }
    }

    private static void close(SchedulingTerm term) {
        try {
            term.close();
        } catch (Exception e) {
            log.warn("The scheduler could not end a watch", e);
        }
    }
}
