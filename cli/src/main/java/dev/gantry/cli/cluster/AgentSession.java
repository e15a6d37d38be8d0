package dev.gantry.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.cli.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the agent of this host says of its session with the leader, in its run directory.
 *
 * @param leader host:port; empty while there is no session
 * @param problem why there is none; empty when none was tried yet
 * @param refusedForeign how often the control plane was refused as another cluster's
 */
record AgentSession(String leader, String problem, long refusedForeign) {
    static final AgentSession NONE = new AgentSession("", "", 0);

    private static final ObjectMapper MAPPER = new ObjectMapper();

    static AgentSession read(Directories directories) {
        Path file = file(directories);
        try {
            if (!Files.exists(file)) {
                return NONE;
            }
            JsonNode report = MAPPER.readTree(file.toFile());
            return new AgentSession(
                    report.path("leader").asText(),
                    report.path("problem").asText(),
                    report.path("refusedForeign").asLong());
        } catch (IOException e) {
            return new AgentSession("", "%s can't be read: %s".formatted(file, e.getMessage()), 0);
        }
    }

    /** What an earlier agent has said is no news of the one that is started now. */
    static void forget(Directories directories) {
        try {
            Files.deleteIfExists(file(directories));
        } catch (IOException e) {
            throw new Failure("cannot remove %s: %s".formatted(file(directories), e.getMessage()), e);
        }
    }

    private static Path file(Directories directories) {
        return directories.run().resolve("agent").resolve("session.json");
    }

    /** The control plane is another cluster's: no waiting helps. */
    boolean isForeign() {
        return !isOpen() && refusedForeign > 0;
    }

    boolean isOpen() {
        return !leader.isEmpty();
    }
}
