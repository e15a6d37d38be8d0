package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.time.AlarmClock;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done to a container that runs: signals, freezing. In order, and beside the pod's thread, since the kernel may take its time. Used by the pod's
 * thread only.
 */
final class ContainerControl {
    private static final Logger log = LoggerFactory.getLogger(ContainerControl.class);
    private static final long RETRY_MILLIS = 5_000;

    private interface Call {
        void on(Container container) throws IOException;
    }

    private final ContainerOwner owner;
    private final String name;
    private final AlarmClock clock;
    private final Lane lane;
    private boolean paused;
    private long retryAtMillis;

    /** @param name of the container */
    ContainerControl(ContainerOwner owner, String name, AlarmClock clock) {
        this.owner = owner;
        this.name = name;
        this.clock = clock;
        this.lane = Lane.virtual("kernel-%s-%s".formatted(owner.pod().getName(), name));
    }

    /** Whether it is frozen, as far as is known. */
    boolean paused() {
        return paused;
    }

    /** When to freeze or thaw again what did not; 0 for at once. */
    long retryAtMillis() {
        return retryAtMillis;
    }

    /** Another run begins: nothing of the last one counts. */
    void startOver() {
        paused = false;
        retryAtMillis = 0;
    }

    void signal(Container container, int number) {
        submit("signal", container, found -> found.signal(number), () -> {});
    }

    void kill(Container container) {
        submit("kill", container, Container::kill, () -> {});
    }

    void pause(Container container) {
        paused = true;
        submit("pause", container, Container::pause, () -> frozenAfterAll(false));
    }

    void resume(Container container) {
        paused = false;
        submit("resume", container, Container::resume, () -> frozenAfterAll(true));
    }

    /** The kernel did not do as it was told: the planner tells it again. */
    private void frozenAfterAll(boolean frozen) {
        paused = frozen;
        retryAtMillis = clock.millis() + RETRY_MILLIS;
    }

    private void submit(String what, Container container, Call call, Runnable failed) {
        lane.submit(() -> {
            try {
                call.on(container);
            } catch (IOException e) {
                log.warn("Could not {} container {}", what, container.config().id(), e);
                owner.post(() -> {
                    owner.event(
                            "Failed",
                            "Could not %s container %s: %s".formatted(what, name, e.getMessage()),
                            true,
                            name);
                    failed.run();
                });
            }
        });
    }
}
