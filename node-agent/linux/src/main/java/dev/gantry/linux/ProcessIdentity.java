package dev.gantry.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One process of this boot, unambiguously: pids are used again, a pid with a start time is not.
 *
 * @param startTime in clock ticks since boot: field 22 of /proc/PID/stat, see proc(5)
 */
public record ProcessIdentity(int pid, long startTime) {
    private static final int START_TIME_AFTER_NAME = 19;

    /** The process that has this pid now; empty when there is none. A zombie counts. */
    public static Optional<ProcessIdentity> of(int pid) throws IOException {
        return stat(pid).map(fields -> new ProcessIdentity(pid, Long.parseLong(fields[START_TIME_AFTER_NAME])));
    }

    /** Whether it still runs; a zombie does not. */
    public boolean isAlive() throws IOException {
        return stat(pid)
                .filter(fields -> Long.parseLong(fields[START_TIME_AFTER_NAME]) == startTime)
                .filter(fields -> !fields[0].equals("Z") && !fields[0].equals("X"))
                .isPresent();
    }

    /** The fields after the name, which may itself hold spaces and parentheses. */
    private static Optional<String[]> stat(int pid) throws IOException {
        try {
            String stat = Files.readString(
                    Path.of("/proc", Integer.toString(pid), "stat"), java.nio.charset.StandardCharsets.ISO_8859_1);
            return Optional.of(stat.substring(stat.lastIndexOf(')') + 2).split(" "));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            // the process ended between open and read: ESRCH
            if (!Files.exists(Path.of("/proc", Integer.toString(pid)))) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
