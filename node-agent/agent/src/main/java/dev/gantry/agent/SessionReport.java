package dev.gantry.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gantry.agent.session.AgentSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The state of the session as a file in the run directory, for {@code gantry up} and {@code gantry status} on this host: {@code session.json}. */
final class SessionReport {
    private static final Logger log = LoggerFactory.getLogger(SessionReport.class);

    private final Path file;

    SessionReport(Path runDirectory) throws IOException {
        this.file = runDirectory.resolve("session.json");
        Files.deleteIfExists(file); // an earlier agent's
    }

    /** A report that can't be written is logged: the session goes on. */
    void write(AgentSession.State state) {
        Path beside = file.resolveSibling("session.json.new");
        try {
            Files.writeString(
                    beside,
                    JsonNodeFactory.instance
                            .objectNode()
                            .put("leader", state.leader())
                            .put("problem", state.problem())
                            .put("epoch", state.epoch())
                            .put("refusedStale", state.refusedStale())
                            .put("refusedForeign", state.refusedForeign())
                            .toString(),
                    UTF_8);
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            log.warn("The state of the session could not be written to {}", file, e);
        }
    }
}
