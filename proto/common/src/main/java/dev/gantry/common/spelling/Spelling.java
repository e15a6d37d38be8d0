package dev.gantry.common.spelling;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds what was meant. */
public final class Spelling {
    /** Longer ones are not compared: whoever sends them is not to choose how long that takes. */
    private static final int LONGEST = 64;

    private static final int SHORTEST_BEGINNING = 3;

    private Spelling() {}

    /** {@code ; did you mean X?} or nothing. */
    public static String didYouMean(String word, Collection<String> known) {
        return nearest(word, known).map("; did you mean %s?"::formatted).orElse("");
    }

    /**
     * The known word nearest to {@code word}, when it is near enough to have been meant: one mistake in three characters. Else the one known word that
     * begins with it, from three characters on.
     */
    public static Optional<String> nearest(String word, Collection<String> known) {
        if (word.length() > LONGEST) {
            return Optional.empty();
        }
        return nearlyThis(word, known).or(() -> beginning(word, known));
    }

    private static Optional<String> beginning(String word, Collection<String> known) {
        List<String> longer = known.stream()
                .filter(candidate -> candidate.regionMatches(true, 0, word, 0, word.length()))
                .toList();
        return word.length() >= SHORTEST_BEGINNING && longer.size() == 1
                ? Optional.of(longer.getFirst())
                : Optional.empty();
    }

    private static Optional<String> nearlyThis(String word, Collection<String> known) {
        int limit = Math.max(1, word.length() / 3);
        return known.stream()
                .filter(candidate -> Math.abs(candidate.length() - word.length()) <= limit)
                .filter(candidate -> distance(word, candidate) <= limit)
                .min(Comparator.comparingInt((String candidate) -> distance(word, candidate))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Levenshtein's distance, with two neighbours in the wrong order as one mistake, blind to case. */
    private static int distance(String a, String b) {
        String one = a.toLowerCase(Locale.ROOT);
        String two = b.toLowerCase(Locale.ROOT);
        int[][] distances = new int[one.length() + 1][two.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= two.length(); j++) {
                distances[i][j] = i == 0 || j == 0 ? i + j : step(distances, one, two, i, j);
            }
        }
        return distances[one.length()][two.length()];
    }

    private static int step(int[][] distances, String one, String two, int i, int j) {
        int different = one.charAt(i - 1) == two.charAt(j - 1) ? 0 : 1;
        int nearest =
                Math.min(distances[i - 1][j - 1] + different, Math.min(distances[i - 1][j], distances[i][j - 1]) + 1);
        boolean swapped =
                i > 1 && j > 1 && one.charAt(i - 1) == two.charAt(j - 2) && one.charAt(i - 2) == two.charAt(j - 1);
        return swapped ? Math.min(nearest, distances[i - 2][j - 2] + 1) : nearest;
    }
}
