package dev.gantry.controlplane.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.controlplane.store.PendingEvents.Pending;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PendingEventsTest {
    private final PendingEvents events = new PendingEvents();

    @Test
    void givesOutNothingBeforeTheFirstIsRead() {
        Pending first = events.add(5, "/a", false);
        Pending second = events.add(6, "/b", false);
        second.read(change("b", 6), 6);
        assertThat(events.ready()).isEmpty();
        first.read(change("a", 5), 5);
        assertThat(events.ready().orElseThrow().upTo()).isEqualTo(5);
        assertThat(events.ready().orElseThrow().upTo()).isEqualTo(6);
        assertThat(events.ready()).isEmpty();
    }

    @Test
    void keepsATransactionTogether() {
        Pending first = events.add(5, "/a", false);
        Pending second = events.add(5, "/b", false);
        first.read(change("a", 5), 5);
        assertThat(events.ready()).isEmpty();
        second.read(change("b", 5), 5);
        assertThat(events.ready().orElseThrow().changes()).hasSize(2);
    }

    @Test
    void aLaterVersionTakesEverythingUpToItAlong() {
        Pending first = events.add(5, "/a", false);
        Pending between = events.add(6, "/b", false);
        Pending later = events.add(7, "/a", false);
        events.addRead(8, "/gantry/barrier");
        first.read(change("a", 7), 7);
        assertThat(events.ready()).isEmpty();
        later.read(change("a", 7), 7);
        assertThat(events.ready()).isEmpty();
        between.read(change("b", 6), 6);
        Optional<PendingEvents.Ready> ready = events.ready();
        assertThat(ready.orElseThrow().upTo()).isEqualTo(7);
        assertThat(ready.orElseThrow().changes()).extracting(Change::revision).containsExactly(12L, 14L, 14L);
        assertThat(events.ready().orElseThrow().upTo()).isEqualTo(8);
    }

    @Test
    void aLoadedTreeWaitsForWhatItHasSeenHalf() {
        Pending event = events.add(9, "/a", false);
        assertThat(events.ready(8)).isPresent();
        assertThat(events.ready(9)).isEmpty();
        event.read(null, 9);
        assertThat(events.ready(10).orElseThrow().upTo()).isEqualTo(10);
        assertThat(events.size()).isZero();
    }

    private static Change change(String name, long zxid) {
        return Change.deleted(new ObjectKey("", "pods", "default", name), new Revisions(0).ofObject(zxid), 0);
    }
}
