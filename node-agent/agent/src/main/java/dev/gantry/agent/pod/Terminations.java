package dev.gantry.agent.pod;

import dev.gantry.agent.container.ExitRecord;
import dev.gantry.wire.node.v1.ContainerSpec;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How an exit is told: its reason, and the container's last words. */
final class Terminations {
    private static final Logger log = LoggerFactory.getLogger(Terminations.class);

    private Terminations() {}

    static Termination of(PodPaths paths, String uid, ContainerSpec spec, Run run, ExitRecord exit, String id) {
        return new Termination(
                exit.exitCode(),
                exit.signal(),
                reason(exit),
                message(paths, uid, spec, run, exit),
                run.startedAtMillis(),
                exit.finishedAtMillis(),
                id);
    }

    static String reason(ExitRecord exit) {
        return switch (exit.cause()) {
            case OUT_OF_MEMORY -> "OOMKilled";
            case REBOOT -> "NodeRebooted";
            case LOST -> "Error";
            case EXITED -> exit.exitCode() == 0 ? "Completed" : "Error";
        };
    }

    private static String message(PodPaths paths, String uid, ContainerSpec spec, Run run, ExitRecord exit) {
        try {
            String said = spec.getTerminationMessagePath().isEmpty()
                    ? ""
                    : LastWords.read(paths.lastWords(uid, spec.getName(), run.attempt()));
            if (said.isEmpty() && spec.getTerminationMessageFromLog() && exit.exitCode() != 0) {
                said = LastWords.endOfLog(paths.log(uid, spec.getName(), run.attempt()));
            }
            if (!said.isEmpty()) {
                return said;
            }
        } catch (IOException e) {
            log.warn("Last words of container {} of pod {} can't be read", spec.getName(), uid, e);
        }
        return switch (exit.cause()) {
            case REBOOT -> "The node was rebooted while the container ran";
            case LOST -> "Nobody saw the container end: its launcher was killed";
            default -> "";
        };
    }
}
