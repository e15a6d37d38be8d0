package dev.gantry.controlplane.controller.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class WorkQueueTest {
    private final VirtualClock clock = new VirtualClock();
    private final WorkQueue<String> queue = new WorkQueue<>(clock);

    @Test
    void handsOutAKeyOnceHoweverOftenItWasAdded() {
        queue.add("a");
        queue.add("a");
        assertThat(queue.poll()).contains("a");
        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void handsOutAKeyAgainThatWasAddedWhileItWasWorkedOn() {
        queue.add("a");
        queue.poll();
        queue.add("a");
        assertThat(queue.poll()).isEmpty();
        queue.done("a");
        assertThat(queue.poll()).contains("a");
    }

    @Test
    void anEarlierTimeReplacesALaterOne() {
        queue.addAfter("a", Duration.ofMinutes(1));
        queue.addAfter("a", Duration.ofSeconds(1));
        queue.addAfter("a", Duration.ofHours(1));
        clock.advance(Duration.ofSeconds(1));
        assertThat(queue.poll()).contains("a");
        queue.done("a");
        clock.advance(Duration.ofDays(1));
        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void backsOffLongerWithEachFailureInARowUpToHalfAMinute() {
        List<Duration> delays = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            queue.addAfterFailure("a");
            delays.add(Duration.between(clock.instant(), queue.nextDue().orElseThrow()));
            clock.advance(delays.getLast());
            queue.poll();
            queue.done("a");
        }
        assertThat(delays.subList(0, 3))
                .containsExactly(Duration.ofMillis(50), Duration.ofMillis(100), Duration.ofMillis(200));
        assertThat(delays.getLast()).isEqualTo(Duration.ofSeconds(30));
        queue.forgetFailures("a");
        queue.addAfterFailure("a");
        assertThat(queue.nextDue()).contains(clock.instant().plusMillis(50));
    }

    @Test
    void givesNothingOutAfterItWasClosed() throws InterruptedException {
        queue.add("a");
        queue.close();
        queue.add("b");
        assertThat(queue.poll()).isEmpty();
        assertThat(queue.take()).isNull();
    }

    @Property(tries = 200)
    void neverHandsAKeyToTwoAndLosesNone(@ForAll @Size(max = 60) List<@IntRange(min = 0, max = 8) Integer> moves) {
        VirtualClock time = new VirtualClock();
        WorkQueue<Integer> keys = new WorkQueue<>(time);
        Set<Integer> working = new HashSet<>();
        Set<Integer> wanted = new HashSet<>();
        for (int move : moves) {
            if (move < 4) {
                keys.add(move);
                wanted.add(move);
            } else if (move < 7) {
                Optional<Integer> key = keys.poll();
                key.ifPresent(given -> {
                    assertThat(working.add(given)).isTrue();
                    wanted.remove(given);
                });
            } else if (!working.isEmpty()) {
                int key = working.iterator().next();
                working.remove(key);
                keys.done(key);
            }
        }
        working.forEach(keys::done);
        Set<Integer> rest = new HashSet<>();
        for (Optional<Integer> key = keys.poll(); key.isPresent(); key = keys.poll()) {
            rest.add(key.get());
        }
        assertThat(rest).isEqualTo(wanted);
    }
}
