package dev.gantry.agent.probe;

/**
 * Successes and failures in a row, against their thresholds. Pure.
 *
 * @param passing the verdict so far
 * @param decided whether there has been a verdict
 */
public record ProbeCounter(int successes, int failures, boolean passing, boolean decided) {
    public static ProbeCounter initially(boolean passing) {
        return new ProbeCounter(0, 0, passing, false);
    }

    public ProbeCounter after(boolean success, ProbeSettings settings) {
        if (success) {
            int row = successes + 1;
            return row >= settings.successThreshold()
                    ? new ProbeCounter(row, 0, true, true)
                    : new ProbeCounter(row, 0, passing, decided);
        }
        int row = failures + 1;
        return row >= settings.failureThreshold()
                ? new ProbeCounter(0, row, false, true)
                : new ProbeCounter(0, row, passing, decided);
    }
}
