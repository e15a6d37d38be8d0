package dev.gantry.scheduler.score;

import java.util.Arrays;

/** Turns counts into scores: none has 100, the most has 0. */
final class Fewest {
    private Fewest() {}

    static double[] first(double[] counts) {
        double most = Arrays.stream(counts).max().orElse(0);
        return Arrays.stream(counts)
                .map(count -> most == 0 ? 100 : 100 * (most - count) / most)
                .toArray();
    }
}
