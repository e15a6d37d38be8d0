package dev.gantry.agent.pod;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gantry.agent.state.StateFile.Durability;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.File;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The format of a pod's state, held by files of version 1: an agent that can not read them loses every pod of a host. */
class PodFolderTest {
    private static final Assignment ASSIGNMENT = Assignment.newBuilder()
            .setPod(PodIdentity.newBuilder().setUid("uid").setNamespace("shop").setName("web-0"))
            .setDesired(Assignment.DesiredState.RUNNING)
            .setSpec(PodSpec.newBuilder()
                    .setRestartPolicy(PodSpec.RestartPolicy.ALWAYS)
                    .setHostname("web-0")
                    .addContainers(ContainerSpec.newBuilder().setName("web").setGeneration(1)))
            .build();
    private static final PodFiles FILES = PodFiles.newBuilder()
            .setPodUid("uid")
            .setVolume("config")
            .setRevision(7)
            .addFiles(File.newBuilder()
                    .setPath("app.conf")
                    .setBytes(ByteString.copyFromUtf8("x"))
                    .setMode(0644))
            .build();
    private static final PodRecord RECORD = new PodRecord(
            true,
            1_700_000_000_000L,
            0,
            false,
            false,
            List.of(new ContainerRecord(
                    "web",
                    new Run(2, 1, Run.Stage.RUNNING, 1_700_000_005_000L, true, true, false, false, false, null),
                    new History(
                            1,
                            2,
                            1_700_000_004_000L,
                            new Termination(
                                    137,
                                    9,
                                    "OOMKilled",
                                    "out of cheese",
                                    1_700_000_001_000L,
                                    1_700_000_003_000L,
                                    "uid-1"),
                            2))));

    @TempDir
    Path directory;

    @Test
    void readsVersionOne() throws Exception {
        Files.write(directory.resolve("assignment"), golden("pod-assignment-v1"));
        Files.write(directory.resolve("record"), golden("pod-record-v1"));
        Files.write(directory.resolve("files-config"), golden("pod-files-v1"));
        assertThat(new PodFolder(directory, Durability.PROCESS_CRASH).read())
                .contains(new StoredPod(ASSIGNMENT, false, RECORD, Map.of("config", FILES)));
    }

    @Test
    void writesVersionOne() throws Exception {
        PodFolder folder = new PodFolder(directory, Durability.PROCESS_CRASH);
        folder.writeAssignment(ASSIGNMENT, false);
        folder.writeRecord(RECORD);
        folder.writeFiles(FILES);
        assertThat(directory.resolve("assignment")).hasBinaryContent(golden("pod-assignment-v1"));
        assertThat(directory.resolve("record")).hasBinaryContent(golden("pod-record-v1"));
        assertThat(directory.resolve("files-config")).hasBinaryContent(golden("pod-files-v1"));
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = PodFolderTest.class.getResourceAsStream(name)) {
            return requireNonNull(in, "golden file is missing").readAllBytes();
        }
    }
}
