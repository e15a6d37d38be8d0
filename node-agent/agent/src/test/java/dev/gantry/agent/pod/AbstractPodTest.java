package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.UID;
import static dev.gantry.agent.pod.PodScenario.assignment;
import static dev.gantry.agent.pod.PodScenario.container;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ExecAction;
import dev.gantry.wire.node.v1.Handler;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.Probe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** One pod, {@link PodScenario#UID}, on a host of its own, and what its tests say often. */
abstract class AbstractPodTest {
    @TempDir
    Path directory;

    PodScenario scenario;
    FakeHost host;

    @BeforeEach
    void begin() throws Exception {
        scenario = new PodScenario(directory);
        host = scenario.host;
    }

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    void run(PodSpec.Builder spec) throws IOException {
        scenario.assign(assignment(DesiredState.RUNNING, spec));
    }

    static Assignment removed(PodSpec.Builder spec) {
        return assignment(DesiredState.REMOVED, spec);
    }

    static Handler exec(String command) {
        return Handler.newBuilder()
                .setExec(ExecAction.newBuilder().addCommand(command))
                .build();
    }

    static Probe probe(String command) {
        return Probe.newBuilder()
                .setHandler(exec(command))
                .setPeriodSeconds(1)
                .setTimeoutSeconds(1)
                .setSuccessThreshold(1)
                .setFailureThreshold(3)
                .build();
    }

    String waiting(String container) {
        return scenario.containerStatus(container).getState().getWaiting().getReason();
    }

    void assertEmptyHost() {
        assertThat(host.containers).isEmpty();
        assertThat(host.attached).isEmpty();
        assertThat(host.cgroups).isEmpty();
        assertThat(host.mounts).isEmpty();
        assertThat(host.leases).isEmpty();
    }

    List<Path> tracesOnDisk() {
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.filter(path -> path.toString().contains(UID)).toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            return List.of(directory);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
