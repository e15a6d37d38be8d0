package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.UID;
import static dev.gantry.agent.pod.PodScenario.assignment;
import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.PodSpec.RestartPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodLogsTest {
    @TempDir
    Path directory;

    private PodScenario scenario;

    @BeforeEach
    void begin() throws Exception {
        scenario = new PodScenario(directory);
        scenario.assign(assignment(DesiredState.RUNNING, pod(container("web"))));
        scenario.until(() -> scenario.running("web"));
    }

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    @Test
    void readsOverRotatedFiles() throws Exception {
        write(log(1).resolveSibling("1.log.2"), "F one");
        write(log(1).resolveSibling("1.log.1"), "F two", "P thr");
        write(log(1), "F ee", "F four");
        assertThat(read(request())).isEqualTo("one\ntwo\nthree\nfour\n");
    }

    @Test
    void readsTheTailSinceATimeWithTimeStampsUpToALimit() throws Exception {
        write(log(1), "F one", "F two", "P thr", "F ee");
        assertThat(read(request().setTailLines(2))).isEqualTo("two\nthree\n");
        assertThat(read(request().setTailLines(0))).isEmpty();
        assertThat(read(request().setLimitBytes(6))).isEqualTo("one\ntw");
        assertThat(read(request().setTailLines(1).setTimestamps(true)))
                .matches("2026-01-01T00:00:00\\.\\d{9}Z three\n");
        assertThat(read(request()
                        .setSinceMillis(
                                java.time.Instant.parse("2027-01-01T00:00:00Z").toEpochMilli())))
                .isEmpty();
    }

    @Test
    void followsOverRotationAndRestart() throws Exception {
        write(log(1), "F one");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CompletableFuture<Void> follower = follow(out);
        scenario.until(() -> out.toString(UTF_8).equals("one\n"));
        Files.move(log(1), log(1).resolveSibling("1.log.1"));
        write(log(1), "F two");
        scenario.until(() -> out.toString(UTF_8).endsWith("two\n"));
        scenario.host.runningContainer("web").exits(1);
        scenario.until(() -> scenario.containerStatus("web").getRestartCount() == 1 && scenario.running("web"));
        write(log(2), "F three");
        scenario.until(() -> out.toString(UTF_8).endsWith("three\n"));
        assertThat(read(request().setPrevious(true))).isEqualTo("one\ntwo\n");
        scenario.assign(assignment(DesiredState.REMOVED, pod(container("web"))));
        follower.get(10, TimeUnit.SECONDS);
        assertThat(out.toString(UTF_8)).isEqualTo("one\ntwo\nthree\n");
    }

    @Test
    void endsWithAContainerThatWillNotRunAgain() throws Exception {
        scenario.assign(assignment(DesiredState.RUNNING, pod(container("web")).setRestartPolicy(RestartPolicy.NEVER)));
        write(log(1), "F last");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CompletableFuture<Void> follower = follow(out);
        scenario.host.runningContainer("web").exits(0);
        follower.get(10, TimeUnit.SECONDS);
        assertThat(out.toString(UTF_8)).isEqualTo("last\n");
    }

    @Test
    void keepsTheLogsOfTwoRuns() throws Exception {
        for (int attempt = 1; attempt <= 3; attempt++) {
            write(log(attempt), "F run " + attempt);
            write(log(attempt).resolveSibling(attempt + ".log.1"), "F old");
            int restarts = attempt;
            scenario.host.runningContainer("web").exits(1);
            scenario.untilInTime(
                    () -> scenario.containerStatus("web").getRestartCount() == restarts && scenario.running("web"));
        }
        assertThat(log(1)).doesNotExist();
        assertThat(log(1).resolveSibling("1.log.1")).doesNotExist();
        assertThat(read(request().setPrevious(true))).endsWith("run 3\n");
    }

    @Test
    void saysWhatThereIsNot() {
        assertThatThrownBy(() -> read(request().setContainer("ghost")))
                .isInstanceOf(ContainerException.class)
                .hasMessageContaining("ghost");
        assertThatThrownBy(() -> read(request().setPrevious(true))).hasMessageContaining("no earlier run");
        assertThatThrownBy(() -> read(request().setPodUid("nowhere"))).hasMessageContaining("not on this node");
    }

    private CompletableFuture<Void> follow(ByteArrayOutputStream out) {
        return CompletableFuture.runAsync(() -> {
            try {
                scenario.agent.log(request().setFollow(true).build(), out::write);
            } catch (ContainerException | IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private LogRequest.Builder request() {
        return LogRequest.newBuilder().setPodUid(UID).setContainer("web").setTailLines(-1);
    }

    private String read(LogRequest.Builder request) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        scenario.agent.log(request.build(), out::write);
        return out.toString(UTF_8);
    }

    private Path log(int attempt) {
        return scenario.state().resolve("logs/pods/" + UID + "/web/" + attempt + ".log");
    }

    private static void write(Path file, String... lines) throws IOException {
        List<String> whole = java.util.Arrays.stream(lines)
                .map(line -> "2026-01-01T00:00:00.123456789Z stdout " + line)
                .toList();
        Files.write(file, whole, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
