package dev.gantry.controlplane.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RevisionsTest {
    @ParameterizedTest
    @ValueSource(longs = {0, 1L << 40})
    void objectsAreEvenAndListsAreOddAndBothFollowTheTransactions(long base) {
        Revisions revisions = new Revisions(base);
        assertThat(revisions.ofObject(7)).isEqualTo(base + 14);
        assertThat(revisions.upTo(7)).isEqualTo(base + 15);
        assertThat(revisions.ofObject(8)).isGreaterThan(revisions.upTo(7));
        assertThat(revisions.zxid(revisions.upTo(7))).isEqualTo(7);
        assertThat(Revisions.includesItself(revisions.ofObject(7))).isTrue();
        assertThat(Revisions.includesItself(revisions.upTo(7))).isFalse();
    }

    /** What a restored store hands out must follow all that was ever handed out. */
    @Test
    void aRaisedBaseIsAboveEverythingBefore() {
        long last = new Revisions(0).upTo(1_000_000);
        assertThat(new Revisions(last + 1).ofObject(1)).isGreaterThan(last);
    }
}
