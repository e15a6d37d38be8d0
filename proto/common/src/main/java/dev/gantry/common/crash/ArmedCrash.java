package dev.gantry.common.crash;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A crash that waits for its point. Close it to let the process live again. */
public final class ArmedCrash implements Crash, AutoCloseable {
    private final String point;
    private final int hit;
    /** The test that armed it. */
    private final String test;

    private final AtomicInteger hits = new AtomicInteger();
    private final CountDownLatch crashed = new CountDownLatch(1);

    private ArmedCrash(String point, int hit, String test) {
        if (hit < 1) {
            throw new IllegalArgumentException("Hit of crash point %s is %d, expected 1 or more".formatted(point, hit));
        }
        this.point = point;
        this.hit = hit;
        this.test = test;
    }

    static ArmedCrash simulated(String point, int hit, String test) {
        return new ArmedCrash(point, hit, test);
    }

    @Override
    public void reached(String name) {
        if (crashed.getCount() == 0) {
            throw new SimulatedCrash(point);
        }
        if (!name.equals(point) || hits.incrementAndGet() != hit) {
            return;
        }
        CrashRecord.add(point, test);
        crashed.countDown();
        throw new SimulatedCrash(point);
    }

    /** Whether the "process" is dead. */
    public boolean crashed() {
        return crashed.getCount() == 0;
    }

    /** Waits for the "death". */
    public boolean awaitCrash(Duration timeout) throws InterruptedException {
        return crashed.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        CrashPoint.disarm(this);
    }

    @Override
    public String toString() {
        return point + ":" + hit;
    }
}
