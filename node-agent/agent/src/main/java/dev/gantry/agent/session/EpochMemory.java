package dev.gantry.agent.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import dev.gantry.common.crash.CrashPoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The highest epoch that this host has seen, on disk before anything of that epoch is acted on. A leader of a lower epoch is deposed, and one of another
 * cluster has no say here: neither is obeyed, and both are counted. Safe for use by many threads.
 */
final class EpochMemory {
    private static final CrashPoint PERSISTED = CrashPoint.of("session.epoch-persisted");
    private static final int VERSION = 1;

    private final StateFile file;
    private final String clusterId;
    private long highest;
    private long stale;
    private long foreign;

    enum Verdict {
        ACCEPTED,
        /** A higher epoch has been seen. */
        STALE_EPOCH,
        OTHER_CLUSTER
    }

    private EpochMemory(StateFile file, String clusterId, long highest) {
        this.file = file;
        this.clusterId = clusterId;
        this.highest = highest;
    }

    static EpochMemory open(Path stateDirectory, String clusterId) throws IOException {
        StateFile file = file(stateDirectory);
        Optional<StateFile.Contents> contents = file.read();
        long highest = 0;
        if (contents.isPresent()) {
            String[] lines = new String(contents.get().body(), US_ASCII).split("\n", 2);
            // a file of an earlier membership says nothing about this cluster
            highest = lines.length == 2 && lines[0].equals(clusterId) ? Long.parseLong(lines[1].strip()) : 0;
        }
        return new EpochMemory(file, requireNonNull(clusterId, "clusterId is null"), highest);
    }

    static void forget(Path stateDirectory) throws IOException {
        file(stateDirectory).delete();
    }

    private static StateFile file(Path stateDirectory) {
        return new StateFile(stateDirectory.resolve("epoch"), "epoch", VERSION, VERSION);
    }

    /** @throws IOException when a higher epoch could not be persisted: nothing of it may be acted on */
    synchronized Verdict judge(String messageClusterId, long epoch) throws IOException {
        if (!clusterId.equals(messageClusterId)) {
            foreign++;
            return Verdict.OTHER_CLUSTER;
        }
        if (epoch < highest) {
            stale++;
            return Verdict.STALE_EPOCH;
        }
        if (epoch > highest) {
            file.write((clusterId + "\n" + epoch + "\n").getBytes(US_ASCII), Durability.POWER_LOSS);
            highest = epoch;
            PERSISTED.reach();
        }
        return Verdict.ACCEPTED;
    }

    /** A server whose certificate another authority has signed. */
    synchronized void foreignAuthority() {
        foreign++;
    }

    String clusterId() {
        return clusterId;
    }

    synchronized long highest() {
        return highest;
    }

    /** Messages refused since the agent began, for a lower epoch. */
    synchronized long refusedStale() {
        return stale;
    }

    /** Messages refused since the agent began, for another cluster. */
    synchronized long refusedForeign() {
        return foreign;
    }
}
