package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.agent.network.NodeNetwork.ServiceTable;
import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The last service table, version 1, so that DNS answers after the agent's restart while there is no leader. May be a little older than the kernel's. */
final class ServiceTableFile {
    private final ObjectMapper json = new ObjectMapper();
    private final StateFile file;

    ServiceTableFile(Path directory) {
        this.file = new StateFile(
                requireNonNull(directory, "directory is null").resolve("services"), "service-table", 1, 1);
    }

    Optional<ServiceTable> read() throws IOException {
        Optional<StateFile.Contents> contents = file.read();
        return contents.isEmpty()
                ? Optional.empty()
                : Optional.of(json.readValue(contents.get().body(), ServiceTable.class));
    }

    void write(ServiceTable table) throws IOException {
        file.write(json.writeValueAsBytes(table), Durability.PROCESS_CRASH);
    }

    void delete() throws IOException {
        file.delete();
    }
}
