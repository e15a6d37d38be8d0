package dev.gantry.common.crash;

import static java.util.Objects.requireNonNull;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A named place in the code where the process can be made to die, so that a test can show what is left and that it is enough.
 *
 * <pre>{@code
 * private static final CrashPoint SPEC_PERSISTED = CrashPoint.of("pod.spec-persisted");
 * ...
 * file.write(spec);
 * SPEC_PERSISTED.reach();
 * }</pre>
 *
 * <p>Names are constants, so that the list of all points can be read from the code: the build does, and fails for a point at which no test has failed. A point is placed after each step that leaves something behind.
 *
 * <p>Two ways to arm one:
 *
 * <ul>
 *   <li>in the same process, {@link #arm}: the nth hit throws {@link SimulatedCrash}, and from then on so does every point that any thread reaches, for a
 *       dead process has no living threads;
 *   <li>for a real death, a file with the point's name in the folder that the system property {@code gantry.crash.folder} or the environment variable
 *       {@code GANTRY_CRASH_FOLDER} names when the process starts: who reaches the point first renames it to {@code NAME.reached} and dies of SIGKILL.
 * </ul>
 *
 * <p>Unarmed, {@link #reach} reads one field. Safe for use by many threads; only one point is armed at a time.
 */
public final class CrashPoint {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*(\\.[a-z0-9]+(-[a-z0-9]+)*)+");
    private static final Object LOCK = new Object();

    private static volatile @Nullable Crash armed = KillFolder.fromEnvironment();

    private final String name;

    private CrashPoint(String name) {
        this.name = name;
    }

    /**
     * The point of this name.
     *
     * @param name subsystem and step, lower-case: {@code pod.spec-persisted}
     */
    public static CrashPoint of(String name) {
        return new CrashPoint(checked(name));
    }

    private static String checked(String name) {
        requireNonNull(name, "name is null");
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "Crash point '%s' must be lower-case words, as in pod.spec-persisted".formatted(name));
        }
        return name;
    }

    /**
     * Arms a point in this process until the returned crash is closed. When it is hit, the calling class is recorded as the test that shows what follows.
     *
     * @param hit which hit ends the "process"; the first is 1
     * @throws IllegalStateException when a point is armed already
     */
    public static ArmedCrash arm(String name, int hit) {
        Class<?> test = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
                .getCallerClass()
                .getNestHost();
        ArmedCrash crash = ArmedCrash.simulated(checked(name), hit, test.getName());
        synchronized (LOCK) {
            if (armed != null) {
                throw new IllegalStateException("Crash point %s is armed already; close it first".formatted(armed));
            }
            armed = crash;
        }
        return crash;
    }

    static void disarm(ArmedCrash crash) {
        synchronized (LOCK) {
            if (armed == crash) {
                armed = null;
            }
        }
    }

    public String name() {
        return name;
    }

    /**
     * Says that the step before this line is done.
     *
     * @throws SimulatedCrash when a test wants the process to be dead from here on
     */
    public void reach() {
        Crash crash = armed;
        if (crash != null) {
            crash.reached(name);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
