package dev.gantry.e2e.failure;

import static dev.gantry.e2e.failure.Cluster.AGENT;
import static dev.gantry.e2e.failure.Cluster.CONTROL_PLANE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.ContainerProcess;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.Stopwatch;
import dev.gantry.e2e.host.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} of the agent: container processes keep their pids, logs have no gap, an exit that happens meanwhile is reported with its code; Ctrl-C in
 * the terminal of {@code gantry up --foreground} and a restart of the agent kill no container. {@code kill -9} of the control plane: serving again within
 * 10 s, no object lost, no container restarted. Both at once, too. {@code kill -9} of the namespace holder: its pods are started again.
 */
@Tag("root")
class KilledProcessesTest {
    private static final Duration SERVING_AGAIN = Duration.ofSeconds(10);
    private static final String COUNT = "httpd -f -p 8080 & i=0; while :; do echo $i; i=$((i+1)); usleep 20000; done";

    /** A check that fails once leaves its trace in the pod's condition. */
    private static final String CHECKED =
            "    readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1, failureThreshold: 1}\n";

    private static TestHost host;
    private static Cluster cluster;

    @BeforeAll
    static void up() {
        host = TestHost.create("killed");
        cluster = new Cluster(host);
        host.gantry("up").ok();
        BusyboxImage.bringTo(host);
        host.apply(Manifests.pod("counter", COUNT, CHECKED));
        cluster.awaitReady("counter");
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.close();
        }
    }

    @Test
    void agentIsKilled() throws IOException {
        Path signal = Files.createDirectory(host.folder().resolve("signal"));
        host.apply(Manifests.pod(
                "ender", "until [ -e /signal/end ]; do usleep 20000; done; exit 42", """
                    volumeMounts: [{name: signal, mountPath: /signal}]
                  restartPolicy: Never
                  volumes:
                  - {name: signal, hostPath: {path: %s}}
                """.formatted(signal)));
        cluster.awaitReady("ender");
        Set<ContainerProcess> before = ContainerProcess.of(host);
        Map<String, Integer> restarts = cluster.restarts();
        int counted = cluster.assertCountsWithoutGap("counter");
        String ready = cluster.readySince("counter");

        long killed = cluster.pid(AGENT);
        host.kill(killed);
        Files.createFile(signal.resolve("end"));
        await("the container ends while no agent looks")
                .atMost(Cluster.PATIENCE)
                .until(() -> ContainerProcess.of(host).size() == before.size() - 1);
        cluster.awaitRestart(AGENT, killed);

        await("the exit is reported")
                .atMost(Cluster.PATIENCE)
                .until(() -> host.api("/api/v1/namespaces/default/pods/ender")
                                .at("/status/containerStatuses/0/state/terminated/exitCode")
                                .asInt()
                        == 42);
        assertThat(before).containsAll(ContainerProcess.of(host)).hasSize(2);
        assertThat(cluster.assertCountsWithoutGap("counter")).isGreaterThan(counted);
        assertThat(cluster.restarts()).containsAllEntriesOf(restarts).containsEntry("ender", 0);
        assertThat(cluster.readySince("counter")).isEqualTo(ready);
        host.gantry("delete", "pod", "ender").ok();
    }

    @Test
    void controlPlaneIsKilled() {
        Set<ContainerProcess> containers = ContainerProcess.of(host);
        Map<String, Integer> restarts = cluster.restarts();
        Map<String, String> objects = cluster.objects();

        host.kill(cluster.pid(CONTROL_PLANE));

        awaitServing();
        assertThat(cluster.objects()).containsAllEntriesOf(objects);
        cluster.awaitNodeReady();
        assertThat(ContainerProcess.of(host)).isEqualTo(containers);
        assertThat(cluster.restarts()).isEqualTo(restarts);
    }

    @Test
    void bothAreKilledAtOnce() {
        Set<ContainerProcess> containers = ContainerProcess.of(host);
        Map<String, Integer> restarts = cluster.restarts();
        Map<String, String> objects = cluster.objects();
        long agent = cluster.pid(AGENT);
        int counted = cluster.assertCountsWithoutGap("counter");

        host.inside("kill", "-9", Long.toString(agent), Long.toString(cluster.pid(CONTROL_PLANE)))
                .ok();

        awaitServing();
        assertThat(cluster.objects()).containsAllEntriesOf(objects);
        cluster.awaitRestart(AGENT, agent);
        cluster.awaitNodeReady();
        assertThat(ContainerProcess.of(host)).isEqualTo(containers);
        assertThat(cluster.assertCountsWithoutGap("counter")).isGreaterThan(counted);
        assertThat(cluster.restarts()).isEqualTo(restarts);
    }

    /** Its namespaces end with it: what ran in them is started again in new ones, and pods can be started as before. */
    @Test
    void namespaceHolderIsKilled() {
        int restarts = cluster.restarts("counter");
        String old = host.inside("pgrep", "-f", "gantry-holder").ok().stdout().strip();

        host.kill(Long.parseLong(old));

        await("the pod is started again")
                .atMost(Cluster.PATIENCE)
                .until(() -> cluster.restarts("counter") == restarts + 1);
        cluster.awaitReady("counter");
        host.apply(Manifests.pod("later", "sleep 1000", ""));
        cluster.awaitReady("later");
        assertThat(host.inside("pgrep", "-f", "gantry-holder").ok().stdout().strip())
                .isNotEqualTo(old);
        host.gantry("delete", "pod", "later").ok();
    }

    @Test
    void terminalOfForegroundIsInterrupted() throws InterruptedException {
        Set<ContainerProcess> containers = ContainerProcess.of(host);
        Map<String, Integer> restarts = cluster.restarts();
        Path output = host.folder().resolve("foreground.out");
        // as in a terminal: a session of its own, whose processes all get the signal, and which ignores none though
        // this build may run in the background
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT", "setsid"));
        command.addAll(List.of(host.commandLine("up", "--foreground")));
        Process foreground = host.start(output, command.toArray(String[]::new));
        await("the cluster is up")
                .atMost(Cluster.PATIENCE)
                .until(() -> Files.readString(output).contains("is Ready"));
        int counted = cluster.assertCountsWithoutGap("counter");

        host.inside("sh", "-c", "kill -INT -$(pgrep -f 'u[p] --foreground')").ok();

        foreground.waitFor();
        assertThat(host.pid(AGENT)).isEmpty();
        assertThat(host.pid(CONTROL_PLANE)).isEmpty();
        assertThat(ContainerProcess.of(host)).isEqualTo(containers);
        host.gantry("up").ok();
        assertThat(ContainerProcess.of(host)).isEqualTo(containers);
        assertThat(cluster.assertCountsWithoutGap("counter")).isGreaterThan(counted);
        assertThat(cluster.restarts()).isEqualTo(restarts);
    }

    /** Answers reads of what is current within 10 s, less the time in which processes of this machine waited for a processor. */
    private static void awaitServing() {
        Stopwatch watch = Stopwatch.start();
        await("the control plane serves again")
                .atMost(Cluster.PATIENCE)
                .until(() -> host.gantry("get", "namespaces").exitCode() == 0);
        assertThat(watch.read()).isLessThan(SERVING_AGAIN);
    }
}
