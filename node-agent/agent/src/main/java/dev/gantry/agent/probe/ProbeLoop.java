package dev.gantry.agent.probe;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.time.AlarmClock;
import dev.gantry.agent.time.AlarmClock.Alarm;
import org.jspecify.annotations.Nullable;

/** One probe of one run of a container, checked again and again until it is closed, or its listener has heard enough. */
public final class ProbeLoop implements AutoCloseable {
    /** What a probe says. Called on the probe's thread. */
    public interface Listener {
        /**
         * After each check.
         *
         * @param before the counter before it
         * @return whether to go on
         */
        boolean checked(CheckResult result, ProbeCounter before, ProbeCounter after);
    }

    private final String name;
    private final ProbeSettings settings;
    private final CheckTarget target;
    private final CheckRunner runner;
    private final AlarmClock clock;
    private final Listener listener;
    private ProbeCounter counter;
    private boolean closed;
    private @Nullable Alarm alarm;
    private @Nullable Thread thread;

    /** @param name of the thread */
    public ProbeLoop(
            String name,
            ProbeSettings settings,
            CheckTarget target,
            CheckRunner runner,
            AlarmClock clock,
            ProbeCounter initially,
            Listener listener) {
        this.name = requireNonNull(name, "name is null");
        this.settings = requireNonNull(settings, "settings is null");
        this.target = requireNonNull(target, "target is null");
        this.runner = requireNonNull(runner, "runner is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.counter = requireNonNull(initially, "initially is null");
        this.listener = requireNonNull(listener, "listener is null");
    }

    /** @param startedAtMillis when the container started; its initial delay counts from then */
    public synchronized void start(long startedAtMillis) {
        schedule(startedAtMillis + settings.initialDelaySeconds() * 1000L);
    }

    private synchronized void schedule(long atMillis) {
        if (!closed) {
            alarm = clock.at(atMillis, this::wake);
        }
    }

    private synchronized void wake() {
        if (!closed) {
            thread = Thread.ofVirtual().name(name).start(this::check);
        }
    }

    private void check() {
        long begun = clock.millis();
        CheckResult result;
        try {
            result = runner.run(settings.check(), target, settings.timeout());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        ProbeCounter before;
        ProbeCounter after;
        synchronized (this) {
            if (closed) {
                return;
            }
            before = counter;
            after = before.after(result.success(), settings);
            counter = after;
        }
        if (listener.checked(result, before, after)) {
            schedule(Math.max(clock.millis(), begun + settings.periodSeconds() * 1000L));
        }
    }

    /** No call of the listener begins after this has returned, but one may be under way. */
    @Override
    public synchronized void close() {
        closed = true;
        if (alarm != null) {
            alarm.cancel();
        }
        if (thread != null && thread != Thread.currentThread()) {
            thread.interrupt();
        }
    }
}
