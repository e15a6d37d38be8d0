package dev.gantry.e2e.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.Terminal;
import dev.gantry.e2e.host.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the verbs of {@code gantry} show of things that run, and do to them. */
@Tag("root")
class VerbsTest {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Ends when it is told to. */
    private static final String IDLE = "trap 'exit 0' TERM; while :; do sleep 1 & wait; done";

    private static final String PODS = "/api/v1/namespaces/default/pods/";

    private static TestHost host;

    @BeforeAll
    static void up() {
        host = TestHost.create("verbs");
        host.gantry("up").ok();
        BusyboxImage.bringTo(host);
        host.apply(Manifests.pod("shell", IDLE, Manifests.ONCE));
        awaitReady("shell");
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.close();
        }
    }

    private static String says(String... arguments) {
        return host.gantry(arguments).ok().stdout();
    }

    private static CommandResult with(String stdin, String... arguments) {
        return host.inside(stdin.getBytes(UTF_8), host.commandLine(arguments));
    }

    private static void awaitReady(String pod) {
        await(pod + " runs")
                .atMost(PATIENCE)
                .until(() -> host.api(PODS + pod)
                        .at("/status/containerStatuses/0/ready")
                        .asBoolean());
    }

    @Test
    void showsObjectsInEveryFormat() {
        assertThat(says("get", "pods", "-l", "app=shell"))
                .matches("NAME +READY +STATUS +RESTARTS +AGE\nshell +1/1 +Running +0 +\\d+s\n");
        assertThat(says("get", "pod/shell", "-o", "wide"))
                .matches("NAME .* IP +NODE .*\nshell +1/1 +Running +0 +\\d+s +10\\.244\\.0\\.\\d+ +verbs .*\n");
        assertThat(says("get", "pod", "shell", "-o", "yaml"))
                .startsWith("apiVersion: v1\nkind: Pod\n")
                .contains("\n    image: busybox:test\n", "\n  phase: Running\n");
        assertThat(says("get", "pods", "-l", "app=shell", "-o", "name")).isEqualTo("pod/shell\n");
        assertThat(host.get("pods", "-l", "app=shell")
                        .at("/items/0/spec/nodeName")
                        .asText())
                .isEqualTo("verbs");
        assertThat(says("describe", "pod", "shell"))
                .containsPattern("Name: +shell\n")
                .containsPattern("Kind: +Pod \\(v1\\)\n")
                .containsPattern("Ready +True")
                .containsPattern("Normal +Scheduled +.*Successfully assigned default/shell to verbs\n")
                .containsPattern("Normal +Started +.*Started container main\n");
        assertThat(says("images"))
                .containsPattern("NAME +IMAGE +DIGEST +SIZE +NODES +AGE\n")
                .containsPattern(" busybox:test +sha256:[0-9a-f]+ +\\S+ MB +1 +\\d+s\n");
    }

    @Test
    void watchesAsThingsChange() {
        Path output = host.folder().resolve("watched.out");
        Process watch = host.start(output, host.commandLine("get", "pods", "-l", "app=watched", "-w"));
        try {
            await("the watch has begun")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(output).content().startsWith("NAME"));
            host.apply(Manifests.pod("watched", "true", Manifests.ONCE));
            await("the end is seen")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(output).content().contains("Completed"));
            assertThat(output)
                    .content()
                    .matches("(?s)NAME +READY [^\n]*\nwatched +0/1 +Pending .*watched +0/1 +Completed .*");
        } finally {
            watch.destroy();
        }
        says("delete", "pod", "watched");
    }

    @Test
    void followsALogToItsEnd() {
        host.apply(Manifests.pod(
                "counter", "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; usleep 200000; done", Manifests.ONCE));
        await("the container has started")
                .atMost(PATIENCE)
                .until(() -> !host.api(PODS + "counter")
                        .at("/status/containerStatuses/0/containerID")
                        .asText()
                        .isEmpty());
        String lines =
                IntStream.rangeClosed(1, 10).mapToObj("line %d\n"::formatted).collect(Collectors.joining());

        assertThat(says("logs", "-f", "counter")).isEqualTo(lines);
        assertThat(says("logs", "counter", "--tail", "1")).isEqualTo("line 10\n");
        says("delete", "pod", "counter");
    }

    @Test
    void executesCommandsWithTheirOwnOptions() {
        CommandResult failed = host.gantry("exec", "shell", "--", "sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(failed.exitCode()).isEqualTo(7);
        assertThat(failed.stdout()).isEqualTo("out\n");
        assertThat(failed.stderr()).isEqualTo("err\n");
        assertThat(says("exec", "shell", "sh", "-c", "echo $0 $1", "-i", "--help"))
                .isEqualTo("-i --help\n");
        assertThat(says("exec", "pod/shell", "--container", "main", "--", "echo", "-c", "@x"))
                .isEqualTo("-c @x\n");
        assertThat(with("some words\n", "exec", "-i", "shell", "tr", "a-z", "A-Z")
                        .ok()
                        .stdout())
                .isEqualTo("SOME WORDS\n");
        CommandResult much = host.gantry("exec", "shell", "--", "sh", "-c", "seq 1 50000; exit 3");
        assertThat(much.exitCode()).isEqualTo(3);
        assertThat(much.stdout()).hasLineCount(50_000).endsWith("\n50000\n");
    }

    @Test
    void joinsATerminal() {
        try (Terminal terminal = Terminal.start(host, host.commandLine("exec", "-it", "shell", "--", "sh"))) {
            terminal.awaits("/ # ");
            terminal.types("tty; stty size; exit $((2 + 3))");
            assertThat(terminal.exitCode()).isEqualTo(5);
            assertThat(terminal.screen())
                    .contains("/dev/pts/0\r\n", "%d %d\r\n".formatted(Terminal.ROWS, Terminal.COLUMNS));
        }
    }

    @Test
    void attachesToTheProcessItself() {
        host.apply(Manifests.pod(
                "reader", "while read line; do echo got $line; done; echo end", "    stdin: true\n" + Manifests.ONCE));
        awaitReady("reader");
        assertThat(with("a\nb\n", "attach", "-i", "reader").ok().stdout()).isEqualTo("got a\ngot b\nend\n");
        says("delete", "pod", "reader");
    }

    @Test
    void scalesAndRollsOutAndBack() {
        host.apply("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  replicas: 1
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}}
                    spec:
                      containers:
                      - name: main
                        image: busybox:test
                        command: ["/bin/sh", "-c", "%s"]
                """.formatted(IDLE));
        rolledOut(1);
        assertThat(says("scale", "deployment/web", "--replicas", "2")).isEqualTo("deployment.apps/web scaled to 2\n");
        rolledOut(2);
        assertThat(says("get", "deployment", "web"))
                .matches("NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2/2 +2 +2 +\\d+s\n");

        assertThat(says("rollout", "restart", "deployment/web")).isEqualTo("deployment.apps/web restarted\n");
        rolledOut(2);
        assertThat(says("rollout", "history", "deployment/web"))
                .matches("REVISION +CHANGE-CAUSE +IMAGES\n1 +<none> +busybox:test\n2 +<none> +busybox:test\n");
        assertThat(says("rollout", "undo", "deployment/web"))
                .isEqualTo("deployment.apps/web rolled back to revision 1\n");
        rolledOut(2);
        assertThat(says("rollout", "history", "deployment/web"))
                .matches("REVISION +CHANGE-CAUSE +IMAGES\n2 +<none> +busybox:test\n3 +<none> +busybox:test\n");
        assertThat(says("describe", "deployment/web"))
                .containsPattern("Available +True +MinimumReplicasAvailable")
                .containsPattern("ScalingReplicaSet .*Scaled up replica set web-\\w+ from 1 to 2\n");
        says("delete", "deployment", "web");
    }

    private static void rolledOut(int replicas) {
        assertThat(says("rollout", "status", "deployment/web"))
                .endsWith("deployment \"web\" successfully rolled out (%d replicas)\n".formatted(replicas));
    }

    @Test
    void completesVerbsAndTheirParts() throws IOException {
        Path script = Files.writeString(host.folder().resolve("completion.bash"), says("completion", "bash"));
        String typed = """
                . %s
                COMP_WORDS=(gantry roll) COMP_CWORD=1; _complete_gantry; echo "${COMPREPLY[@]}"
                COMP_WORDS=(gantry rollout un) COMP_CWORD=2; _complete_gantry; echo "${COMPREPLY[@]}"
                """.formatted(script);
        assertThat(host.inside("bash", "-c", typed).ok().stdout()).isEqualTo("rollout\nundo\n");
    }
}
