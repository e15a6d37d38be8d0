package dev.gantry.e2e.fleet;

import static dev.gantry.e2e.fleet.Fleet.PATIENCE;
import static dev.gantry.e2e.fleet.Fleet.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.ContainerProcess;
import dev.gantry.e2e.host.Figures;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.Stopwatch;
import dev.gantry.e2e.host.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Three control planes, three nodes. A leader that is killed is replaced within seconds, and one that stops hands over; a host that is cut off keeps its
 * pods while they are started elsewhere, but for those that must not run twice; without a quorum everything runs on.
 */
@Tag("root")
@TestMethodOrder(MethodOrderer.MethodName.class)
class ThreeControlPlanesTest {
    private static final String CONTROL_PLANE = "control-plane";
    private static final int KILLS = Integer.getInteger("gantry.leader.kills", 3);
    private static final Duration QUORUM_LOST = Duration.ofSeconds(Integer.getInteger("gantry.quorum.lost", 30));
    /** A session's end, and a little. Five seconds are aimed at. */
    private static final Duration REPLACED = Duration.ofSeconds(15);
    /** After it the role of one that says nothing is taken: whoever hands over is faster. */
    private static final Duration SESSION = Duration.ofSeconds(4);

    private static final Duration ELSEWHERE = Duration.ofSeconds(45);
    /** Fifteen seconds are aimed at. */
    private static final Duration CONVERGED = Duration.ofSeconds(30);

    private static Fleet fleet;

    @BeforeAll
    static void up() {
        fleet = Fleet.highlyAvailable("one", "two", "three");
        // the image is on each, and was pulled from whichever has it
        for (TestHost host : fleet.hosts()) {
            fleet.first().apply(Manifests.pod("echo-" + host.nodeName(), "echo hello; sleep 10000", on(host)));
        }
        fleet.awaitReady("echo-one", "echo-two", "echo-three");
        fleet.first().apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: counter}\n");
    }

    @AfterAll
    static void down() {
        if (fleet != null) {
            fleet.close();
        }
    }

    private static String on(TestHost host) {
        return "  nodeSelector: {kubernetes.io/hostname: %s}\n".formatted(host.nodeName());
    }

    @Test
    void aHostThatIsCutOffKeepsItsPodsAndHealsWithoutADouble() {
        TestHost lost =
                followers().filter(host -> host != fleet.first()).findFirst().orElseThrow();
        List<TestHost> others =
                fleet.hosts().stream().filter(host -> host != lost).toList();
        others.forEach(
                host -> fleet.first().gantry("node", "cordon", host.nodeName()).ok());
        fleet.first().apply(deployment("only", 1, "gantry.dev/at-most-one: \"true\""));
        fleet.first().gantry("rollout", "status", "deployment/only").ok();
        others.forEach(host ->
                fleet.first().gantry("node", "uncordon", host.nodeName()).ok());
        fleet.first().apply(deployment("many", 6, "tier: front"));
        fleet.first().gantry("rollout", "status", "deployment/many").ok();
        assertThat(fleet.pods(Fleet.labelled("many").and(Fleet.on(lost)))).isNotEmpty();
        Set<ContainerProcess> running = ContainerProcess.of(lost);

        Stopwatch watch = Stopwatch.start();
        fleet.link().cut(lost);
        awaitThat(
                "the node is not ready",
                PATIENCE,
                () -> assertThat(Fleet.condition(fleet.node(lost))).isEqualTo("Unknown"));
        Figures.note("cut host is NotReady after", watch.read());
        awaitThat(
                "its pods run elsewhere",
                PATIENCE,
                () -> assertThat(fleet.pods(Fleet.labelled("many")
                                .and(Fleet.on(lost).negate())
                                .and(Fleet::isReady)))
                        .hasSize(6));
        Figures.note("pods of the cut host run elsewhere after", watch.read());
        assertThat(watch.read()).isLessThan(ELSEWHERE);
        assertThat(ContainerProcess.of(lost)).isEqualTo(running);
        assertThat(fleet.pods(Fleet.labelled("only")))
                .singleElement()
                .satisfies(pod -> assertThat(pod.at("/spec/nodeName").asText()).isEqualTo(lost.nodeName()));

        fleet.first().gantry("node", "fence", lost.nodeName()).ok();
        awaitThat(
                "what must not run twice runs elsewhere",
                PATIENCE,
                () -> assertThat(fleet.pods(Fleet.labelled("only").and(Fleet::isReady)))
                        .singleElement()
                        .satisfies(pod ->
                                assertThat(pod.at("/spec/nodeName").asText()).isNotEqualTo(lost.nodeName())));
        fleet.link().heal();
        fleet.first().gantry("node", "unfence", lost.nodeName()).ok();

        awaitThat("it is ready again, and runs nothing twice", PATIENCE, () -> {
            assertThat(Fleet.isReady(fleet.node(lost))).isTrue();
            assertThat(ContainerProcess.of(lost)).doesNotContainAnyElementsOf(stopped(running, lost));
        });
        assertThat(fleet.pods(Fleet.labelled("many"))).hasSize(6);
        assertThat(fleet.pods(Fleet.labelled("only"))).hasSize(1);
        fleet.first().gantry("delete", "deployment", "only", "many").ok();
    }

    /** Those of the two deployments: the pod that is on this host by its selector stays. */
    private static List<ContainerProcess> stopped(Set<ContainerProcess> running, TestHost host) {
        return running.stream()
                .filter(process -> process.command().contains("4321"))
                .toList();
    }

    private static String deployment(String name, int replicas, String label) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %1$s}
                spec:
                  replicas: %2$d
                  selector: {matchLabels: {app: %1$s}}
                  template:
                    metadata: {labels: {app: %1$s, %3$s}}
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers: [{name: main, image: busybox:test, command: [sleep, "4321"]}]
                """.formatted(name, replicas, label);
    }

    @Test
    void aKilledLeaderIsReplacedWithinSeconds() {
        List<Duration> times = new ArrayList<>();
        for (int kill = 1; kill <= KILLS; kill++) {
            TestHost leader = leader();
            TestHost other = followers().findFirst().orElseThrow();
            String name = "after-kill-" + kill;
            String[] create = other.curl(
                    "/api/v1/namespaces/default/pods",
                    "--header",
                    "content-type: application/yaml",
                    "--data-binary",
                    Manifests.pod(name, "sleep 10000", "").replace("---\n", ""));
            Stopwatch watch = Stopwatch.start();
            leader.kill(leader.pid(CONTROL_PLANE).orElseThrow());
            awaitThat(
                    "a pod is taken",
                    PATIENCE,
                    () -> assertThat(other.inside(create).exitCode()).isZero());
            awaitThat(
                    "the pod runs",
                    PATIENCE,
                    () -> assertThat(Fleet.isReady(other.api("/api/v1/namespaces/default/pods/" + name)))
                            .isTrue());
            times.add(watch.read());
            awaitThat("the killed one is back", PATIENCE, () -> leader.api("/api/v1/namespaces/default"));
        }
        Collections.sort(times);
        Figures.note("leader killed to first new pod running", times);
        assertThat(times.get(times.size() / 2)).isLessThan(REPLACED);
    }

    @Test
    void aLeaderThatStopsHandsOver() throws Exception {
        TestHost leader = leader();
        TestHost other = followers().findFirst().orElseThrow();
        String write = String.join(
                " ",
                Stream.of(other.curl(
                                "/api/v1/namespaces/default/configmaps/counter",
                                "--request",
                                "PATCH",
                                "--output",
                                "/dev/null",
                                "--header",
                                "content-type: application/merge-patch+json",
                                "--data",
                                "{\"data\":{\"n\":\"N\"}}"))
                        .map(word -> "'" + word + "'")
                        .toList());
        Path folder = Files.createDirectory(other.folder().resolve("writes"));
        String loop = "n=0; while [ ! -e %1$s/stop ]; do n=$((n+1)); %2$s && date +%%s%%N >> %1$s/written; done"
                .formatted(folder, write.replace("\"N\"", "\"'$n'\""));
        Process writer = other.start(folder.resolve("output"), "sh", "-c", loop);
        await("writes are made").atMost(PATIENCE).until(() -> written(folder).size() > 20);
        int before = written(folder).size();

        leader.inside("kill", "-TERM", Long.toString(leader.pid(CONTROL_PLANE).orElseThrow()))
                .ok();

        await("another leads").atMost(PATIENCE).until(() -> leads(other) != leader);
        await("writes are made again")
                .atMost(PATIENCE)
                .until(() -> written(folder).size() > before + 50);
        Files.createFile(folder.resolve("stop"));
        writer.waitFor();
        List<Long> times = written(folder);
        long longest = 0;
        for (int i = 1; i < times.size(); i++) {
            longest = Math.max(longest, times.get(i) - times.get(i - 1));
        }
        Figures.note("longest time without a write while the leader stops", Duration.ofNanos(longest));
        assertThat(Duration.ofNanos(longest)).isLessThan(SESSION);
        awaitThat("the stopped one is back", PATIENCE, () -> leader.api("/api/v1/namespaces/default"));
    }

    private static List<Long> written(Path folder) throws IOException {
        Path file = folder.resolve("written");
        return Files.exists(file)
                ? Files.readAllLines(file).stream().map(Long::parseLong).toList()
                : List.of();
    }

    @Test
    void everyControlPlaneServesTheStreamsOfEveryPod() {
        for (TestHost host : fleet.hosts()) {
            String name = "echo-" + host.nodeName();
            // a host that was cut off has lost its own
            fleet.first().apply(Manifests.pod(name, "echo hello; sleep 10000", on(host)));
            fleet.awaitReady(name);
            for (TestHost through : fleet.hosts()) {
                assertThat(through.gantry("logs", name).ok().stdout()).isEqualTo("hello\n");
                assertThat(through.gantry("exec", name, "--", "hostname").ok().stdout())
                        .isEqualTo(name + "\n");
                CommandResult none = through.gantry("exec", name, "--", "no-such-program");
                assertThat(none.exitCode()).isNotZero();
            }
        }
    }

    @Test
    void withoutAQuorumEverythingRunsOn() {
        fleet.first().apply(Manifests.pod("crasher", "sleep 5; exit 1", on(fleet.first())));
        awaitThat(
                "it has crashed",
                PATIENCE,
                () -> assertThat(restarts("crasher")).isPositive());
        int crashed = restarts("crasher");
        List<Set<ContainerProcess>> running =
                fleet.hosts().stream().map(ThreeControlPlanesTest::lasting).toList();

        fleet.hosts().forEach(fleet.link()::cut);
        await().pollDelay(QUORUM_LOST).atMost(QUORUM_LOST.plus(PATIENCE)).until(() -> true);
        assertThat(fleet.hosts().stream().map(ThreeControlPlanesTest::lasting).toList())
                .isEqualTo(running);
        fleet.link().heal();

        Stopwatch watch = Stopwatch.start();
        awaitThat("writes are taken and every node is ready", PATIENCE, () -> {
            fleet.first()
                    .inside(fleet.first()
                            .curl(
                                    "/api/v1/namespaces/default/configmaps/counter",
                                    "--request",
                                    "PATCH",
                                    "--header",
                                    "content-type: application/merge-patch+json",
                                    "--data",
                                    "{\"data\":{\"healed\":\"yes\"}}"))
                    .ok();
            for (TestHost host : fleet.hosts()) {
                assertThat(Fleet.isReady(fleet.node(host))).isTrue();
            }
            assertThat(restarts("crasher")).isGreaterThan(crashed);
        });
        Figures.note("converged after the quorum is back", watch.read());
        assertThat(watch.read()).isLessThan(CONVERGED);
        assertThat(fleet.hosts().stream().map(ThreeControlPlanesTest::lasting).toList())
                .isEqualTo(running);
        fleet.first().gantry("delete", "pod", "crasher").ok();
    }

    /** All but the one that crashes. */
    private static Set<ContainerProcess> lasting(TestHost host) {
        Set<ContainerProcess> found = ContainerProcess.of(host);
        found.removeIf(process -> process.command().contains("exit 1"));
        return found;
    }

    private static int restarts(String pod) {
        return fleet.pod(pod).at("/status/containerStatuses/0/restartCount").asInt();
    }

    private static Stream<TestHost> followers() {
        TestHost leader = leader();
        return fleet.hosts().stream().filter(host -> host != leader);
    }

    private static TestHost leader() {
        return leads(fleet.first());
    }

    /** As one of them sees it. */
    private static TestHost leads(TestHost asked) {
        for (JsonNode member : asked.api("/apis/gantry.dev/v1/controlplanes").path("items")) {
            if (member.at("/status/leader").asBoolean()) {
                String address = member.at("/spec/address").asText();
                return fleet.hosts().stream()
                        .filter(host -> address.equals(fleet.address(host) + ":6443"))
                        .findFirst()
                        .orElseThrow();
            }
        }
        throw new AssertionError("nobody leads");
    }
}
