package dev.gantry.common.crash;

/**
 * The process "died" at a crash point, within a test. An {@link Error}, so that no {@code catch (Exception)} on the way takes it for a failure that it
 * knows how to handle: whoever catches it must drop everything it holds in memory, as a real death would.
 */
public final class SimulatedCrash extends Error {
    private static final long serialVersionUID = 1L;

    private final String point;

    SimulatedCrash(String point) {
        super("Simulated crash at " + point);
        this.point = point;
    }

    /** Name of the crash point that ended the process; later threads that die of the same crash name it, too. */
    public String point() {
        return point;
    }
}
