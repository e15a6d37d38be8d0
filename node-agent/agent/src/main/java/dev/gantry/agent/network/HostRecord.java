package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.agent.network.NodeNetwork.Settings;
import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is remembered of the host, version 1: written before anything of it is changed, so that it can be changed back.
 *
 * @param sysctlsBefore beneath /proc/sys/net/ipv4; empty when the host forwarded packets by itself
 */
record HostRecord(Settings settings, Map<String, String> sysctlsBefore) {
    private static final ObjectMapper JSON = new ObjectMapper();

    HostRecord {
        requireNonNull(settings, "settings is null");
        sysctlsBefore = new TreeMap<>(sysctlsBefore);
    }

    static Optional<HostRecord> read(Path directory) throws IOException {
        Optional<StateFile.Contents> contents = file(directory).read();
        return contents.isEmpty()
                ? Optional.empty()
                : Optional.of(JSON.readValue(contents.get().body(), HostRecord.class));
    }

    void write(Path directory) throws IOException {
        file(directory).write(JSON.writeValueAsBytes(this), Durability.PROCESS_CRASH);
    }

    static void delete(Path directory) throws IOException {
        file(directory).delete();
    }

    private static StateFile file(Path directory) {
        return new StateFile(directory.resolve("host"), "host-network", 1, 1);
    }
}
