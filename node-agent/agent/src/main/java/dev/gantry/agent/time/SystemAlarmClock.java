package dev.gantry.agent.time;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The host's time, taken once and carried on by the monotonic clock, so that a step of the host's clock neither hurries nor stops a back-off. */
public final class SystemAlarmClock implements AlarmClock, AutoCloseable {
    private final long wallAtStart = System.currentTimeMillis();
    private final long nanosAtStart = System.nanoTime();
    private final ScheduledThreadPoolExecutor executor;

    public SystemAlarmClock() {
        executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("alarm-clock").factory());
        executor.setRemoveOnCancelPolicy(true);
    }

    @Override
    public long millis() {
        return wallAtStart + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanosAtStart);
    }

    @Override
    public Alarm at(long atMillis, Runnable wake) {
        Future<?> future = executor.schedule(wake, Math.max(0, atMillis - millis()), TimeUnit.MILLISECONDS);
        return () -> future.cancel(false);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
