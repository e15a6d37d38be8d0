package dev.gantry.agent.time;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A clock that stands still until it is told to go on. */
public final class ManualAlarmClock implements AlarmClock {
    private long now = 1_700_000_000_000L;
    private final List<Pending> pending = new ArrayList<>();

    private record Pending(long atMillis, Runnable wake) {}

    @Override
    public synchronized long millis() {
        return now;
    }

    @Override
    public Alarm at(long atMillis, Runnable wake) {
        Pending alarm = new Pending(atMillis, wake);
        synchronized (this) {
            if (atMillis > now) {
                pending.add(alarm);
                return () -> cancel(alarm);
            }
        }
        wake.run();
        return () -> {};
    }

    private synchronized void cancel(Pending alarm) {
        pending.removeIf(candidate -> candidate == alarm);
    }

    public void advance(Duration by) {
        List<Pending> due;
        synchronized (this) {
            now += by.toMillis();
            due = pending.stream().filter(alarm -> alarm.atMillis() <= now).toList();
            pending.removeAll(due);
        }
        due.forEach(alarm -> alarm.wake().run());
    }
}
