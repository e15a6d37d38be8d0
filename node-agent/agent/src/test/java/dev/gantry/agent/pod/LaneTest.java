package dev.gantry.agent.pod;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LaneTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<String> done = new CopyOnWriteArrayList<>();

    @Test
    void waitsForTheTaskThatRunsAndBeginsNoOther() throws Exception {
        Lane lane = Lane.platform("test");
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        lane.submit(() -> {
            begun.countDown();
            await(mayEnd);
            done.add("first");
        });
        lane.submit(() -> done.add("second"));
        await(begun);

        lane.close();
        lane.submit(() -> done.add("third"));

        assertThat(lane.awaitEnd(Duration.ZERO)).isFalse();
        mayEnd.countDown();
        assertThat(lane.awaitEnd(PATIENCE)).isTrue();
        assertThat(done).containsExactly("first");
    }

    @Test
    void hasNothingToWaitForWhenNothingRuns() throws Exception {
        Lane lane = Lane.virtual("test");

        lane.close();

        assertThat(lane.awaitEnd(Duration.ZERO)).isTrue();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
