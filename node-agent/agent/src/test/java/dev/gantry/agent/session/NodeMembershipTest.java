package dev.gantry.agent.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeMembershipTest {
    @TempDir
    private Path state;

    @Test
    void nothingOfTheClusterIsLeft() throws IOException {
        EpochMemory.open(state, "c1").judge("c1", 7);
        NodeJoin.keyFile(state).write(new byte[] {1}, Durability.PROCESS_CRASH);
        new StateFile(state.resolve("identity"), "identity", 1, 1)
                .write("c1\nnode\n".getBytes(US_ASCII), Durability.PROCESS_CRASH);
        assertThat(files()).hasSize(3);

        NodeMembership.forget(state);
        NodeMembership.forget(state);

        assertThat(files()).isEmpty();
        assertThat(EpochMemory.open(state, "c1").highest()).isZero();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(state)) {
            return files.toList();
        }
    }
}
