package dev.gantry.agent.image;

import dev.gantry.linux.FileStatus;
import dev.gantry.linux.FileTimes;
import dev.gantry.linux.RootedDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Gives files that a build step wrote one time that its input determines, so that the same step gives the same layer whenever it runs. Files with older times, such
 * as unpacked ones, keep theirs.
 */
public final class TimeClamp {
    private static final int MAX_DEPTH = 2000;

    private final Instant since;
    private final Instant time;

    private TimeClamp(Instant since, Instant time) {
        this.since = since;
        this.time = time;
    }

    /**
     * To be called on a thread of {@link FileWork}.
     *
     * @param directory that nobody changes meanwhile
     * @param since what was modified at or after it is changed
     * @param time that it gets
     * @return whether the directory holds anything
     */
    public static boolean apply(Path directory, Instant since, Instant time) throws IOException {
        try (RootedDirectory root = RootedDirectory.open(directory, RootedDirectory.Escape.REFUSED)) {
            return new TimeClamp(since, time).clamp(root, 0);
        }
    }

    private boolean clamp(RootedDirectory directory, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new IOException(
                    "A directory tree is more than %s levels deep, which no archive can hold".formatted(MAX_DEPTH));
        }
        boolean any = false;
        for (String name : directory.list("")) {
            FileWork.checkInterrupt();
            any = true;
            FileStatus status = directory.stat(name);
            if (status.isDirectory()) {
                try (RootedDirectory child = directory.openDirectory(name)) {
                    clamp(child, depth + 1);
                }
            }
            if (!status.modified().isBefore(since)) {
                directory.setTimes(name, FileTimes.both(time));
            }
        }
        return any;
    }
}
