package dev.gantry.agent.pod;

import static java.util.Objects.requireNonNull;

/** What is remembered of one container of a pod, across deaths of the agent. */
record ContainerRecord(String name, Run run, History history) {
    ContainerRecord {
        requireNonNull(name, "name is null");
        requireNonNull(run, "run is null");
        requireNonNull(history, "history is null");
    }

    static ContainerRecord unstarted(String name) {
        return new ContainerRecord(name, Run.none(), History.none());
    }

    ContainerRecord with(Run newRun) {
        return new ContainerRecord(name, newRun, history);
    }

    ContainerRecord with(Run newRun, History newHistory) {
        return new ContainerRecord(name, newRun, newHistory);
    }

    /**
     * The record of the attempt about to start: written before the runtime is asked, so that an agent that dies in between knows the container's id.
     * A start that was recorded before and not seen through is taken up again under the same id.
     *
     * @param keepLayer whether the run gets the writable layer of the one before
     */
    ContainerRecord starting(long generation, boolean keepLayer) {
        if (run.stage() == Run.Stage.STARTING && run.generation() == generation) {
            return this;
        }
        int attempt = run.attempt() + 1;
        boolean restart = run.exited() && !run.resume();
        History next = restart ? history.restarting(run.termination()) : history;
        boolean sameLayer = (keepLayer || run.resume()) && history.layerAttempt() > 0;
        return new ContainerRecord(
                name, run.starting(attempt, generation), sameLayer ? next : next.withLayerAttempt(attempt));
    }

    /** By its own doing, which the back-off counts. */
    ContainerRecord ended(Termination termination) {
        return new ContainerRecord(name, run.exited(termination, false), RestartBackOff.afterEnd(history, termination));
    }

    /** Stopped, to be kept and taken up again. */
    ContainerRecord stoppedToBeKept(Termination termination) {
        return new ContainerRecord(name, run.exited(termination, true), history);
    }

    /** With its host. */
    ContainerRecord endedByReboot(Termination termination) {
        return new ContainerRecord(name, run.exited(termination, false), history.forgiven());
    }

    /** What it did under an earlier boot of its host holds no start back: its fault may have been the host's. */
    ContainerRecord rebooted() {
        return new ContainerRecord(name, run, history.forgiven());
    }
}
