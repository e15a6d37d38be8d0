package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.image.ImageStore;
import dev.gantry.common.crash.CrashPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Frees an ended run: what the runtime holds, its writable layer unless that is kept, its last words, and logs older than the run's. The log of the run
 * before an ended one is what {@code logs --previous} shows once the next has started, so two are kept. Blocking; idempotent.
 *
 * @param container null when the runtime has forgotten it
 */
record ContainerFree(
        PodContext context,
        String podUid,
        ContainerRecord record,
        @Nullable Container container,
        ImageStore.@Nullable Lease lease,
        boolean keepLayer) {
    private static final CrashPoint FREED = CrashPoint.of("pod.container-freed");

    void free() throws IOException {
        if (container != null) {
            container.remove(keepLayer);
        }
        FREED.reach();
        int layerAttempt = record.history().layerAttempt();
        if (!keepLayer && layerAttempt > 0) {
            context.kernel().deleteTree(context.paths().layer(podUid, record.name(), layerAttempt));
        }
        Files.deleteIfExists(
                context.paths().lastWords(podUid, record.name(), record.run().attempt()));
        deleteOldLogs();
        if (lease != null) {
            lease.close();
        }
    }

    private void deleteOldLogs() throws IOException {
        Path directory = context.paths().logs(podUid, record.name());
        if (!Files.isDirectory(directory)) {
            return;
        }
        int oldestKept = record.run().attempt() - 1;
        try (Stream<Path> logs = Files.list(directory)) {
            List<Path> old = logs.filter(log -> attempt(log) < oldestKept).toList();
            for (Path log : old) {
                Files.deleteIfExists(log);
            }
        }
    }

    /** The attempt that a log, or a rotated part of one, belongs to. */
    private static int attempt(Path log) {
        String name = log.getFileName().toString();
        int dot = name.indexOf('.');
        String number = dot < 0 ? name : name.substring(0, dot);
        return number.matches("[0-9]{1,9}") ? Integer.parseInt(number) : Integer.MAX_VALUE;
    }
}
