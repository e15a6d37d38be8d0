package dev.gantry.agent.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control planes that the last leader has named, kept on disk: an agent that is started again finds its cluster also when those that it was told to
 * join at are gone. Safe for use by many threads.
 */
final class ControlPlaneMemory {
    private static final Logger LOG = LoggerFactory.getLogger(ControlPlaneMemory.class);
    private static final int VERSION = 1;

    private final StateFile file;
    private volatile List<String> addresses;

    private ControlPlaneMemory(StateFile file, List<String> addresses) {
        this.file = requireNonNull(file, "file is null");
        this.addresses = List.copyOf(addresses);
    }

    static ControlPlaneMemory open(Path stateDirectory) throws IOException {
        StateFile file = file(stateDirectory);
        Optional<StateFile.Contents> contents = file.read();
        return new ControlPlaneMemory(
                file,
                contents.map(found -> new String(found.body(), UTF_8).lines().toList())
                        .orElse(List.of()));
    }

    static void forget(Path stateDirectory) throws IOException {
        file(stateDirectory).delete();
    }

    /** host:port of each; empty before the first session. */
    List<String> addresses() {
        return addresses;
    }

    /** What can't be written now is known as long as this process lives. */
    void learn(List<String> told) {
        if (told.isEmpty() || told.equals(addresses)) {
            return;
        }
        addresses = List.copyOf(told);
        try {
            file.write(String.join("\n", told).getBytes(UTF_8), Durability.POWER_LOSS);
        } catch (IOException e) {
            LOG.warn("The addresses of the control planes could not be kept for the agent's next start", e);
        }
    }

    private static StateFile file(Path stateDirectory) {
        return new StateFile(stateDirectory.resolve("control-planes"), "control-planes", VERSION, VERSION);
    }
}
