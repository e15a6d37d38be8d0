package dev.gantry.agent.pod;

import dev.gantry.linux.FullDisk;
import dev.gantry.linux.Mounts;
import java.io.IOException;
import java.nio.file.Path;

/** What a pod's status and events say of a step that failed. */
final class FailureMessage {
    private FailureMessage() {}

    /** The failure's own message; for a full disk, also which one, and what to do. */
    static String of(Exception failure, PodPaths paths) {
        String message = String.valueOf(failure.getMessage());
        return FullDisk.isCauseOf(failure)
                ? "%s: the disk of the agent, %s, is full; make room there, and the pod goes on by itself"
                        .formatted(message, fullest(paths))
                : message;
    }

    /** Errors name no file system. */
    private static Path fullest(PodPaths paths) {
        return available(paths.run()) < available(paths.state()) ? paths.run() : paths.state();
    }

    private static long available(Path folder) {
        try {
            Mounts.Space space = Mounts.space(folder);
            return space.inodes() > 0 && space.freeInodes() == 0 ? 0 : space.available();
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }
}
