package dev.gantry.e2e.failure;

import static dev.gantry.e2e.failure.Cluster.AGENT;
import static dev.gantry.e2e.failure.Cluster.CONTROL_PLANE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.ContainerProcess;
import dev.gantry.e2e.host.HostSnapshot;
import dev.gantry.e2e.host.TestHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Ten crash points by a real SIGKILL, along the life of a Deployment: at each, the process is dead before its next instruction, the supervisor starts
 * another, the cluster comes to where it was told to, and in the end nothing is left over.
 */
@Tag("root")
class RealCrashTest {
    /** What pods are given on a host, and what must be gone with them. */
    private static final Set<String> OF_PODS =
            Set.of("mounts", "cgroups", "address", "route", "rule", "neighbour", "nftables");

    private static final String DEPLOYMENT = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: web}
            data: {greeting: %1$s}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: %2$d
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: busybox:test
                    command: ["/bin/sh", "-c", "trap 'exit 0' TERM; echo $GREETING $(cat /config/greeting); sleep 1000000 & wait"]
                    env: [{name: GREETING, value: %1$s}]
                    volumeMounts: [{name: config, mountPath: /config}]
                  volumes:
                  - {name: config, configMap: {name: web}}
            """;

    /** Of all pods that have run. */
    private static final Set<String> UIDS = new TreeSet<>();

    private static TestHost host;
    private static Cluster cluster;
    private static Path points;
    private static HostSnapshot idle;

    @BeforeAll
    static void up() throws IOException {
        host = TestHost.create("crash");
        cluster = new Cluster(host);
        points = Files.createDirectory(host.folder().resolve("points"));
        host.gantry(Map.of("GANTRY_CRASH_FOLDER", points.toString()), "up").ok();
        idle = HostSnapshot.take(host);
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.close();
        }
    }

    @Test
    void everyStepGoesOnAfterADeath() throws IOException {
        arm("image.layer-in-place");
        Path root = BusyboxImage.exportTo(host);
        retried("build", "--quiet", "--import", "--tag", BusyboxImage.NAME, root.toString());
        awaitDeaths();

        arm("controller.created", "pod.assignment-persisted", "container.launched");
        apply("first", 2);
        awaitDeaths();
        awaitRunning("first", 2);

        arm("schedule.bound", "network.attached");
        retried("scale", "deployment/web", "--replicas", "3");
        awaitDeaths();
        awaitRunning("first", 3);

        arm("store.transaction-acknowledged", "volume.files-swapped");
        apply("second", 2);
        awaitDeaths();
        awaitRunning("second", 2);

        arm("dispatch.pod-finalized", "container.exit-written");
        retried("delete", "deployment", "web", "--ignore-not-found");
        awaitDeaths();
        awaitGone();

        assertThat(deaths(CONTROL_PLANE)).isEqualTo(4);
        assertThat(deaths(AGENT)).isEqualTo(6);
        nothingIsLeft();
    }

    private static void arm(String... names) throws IOException {
        for (String name : names) {
            Files.createFile(points.resolve(name));
        }
    }

    /** Each point that was armed has been reached, and the next process does its work. */
    private static void awaitDeaths() {
        await("every armed point is reached")
                .atMost(Cluster.PATIENCE)
                .untilAsserted(() -> assertThat(armed()).isEmpty());
    }

    private static List<String> armed() throws IOException {
        return files(points).stream().filter(name -> !name.endsWith(".reached")).toList();
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void apply(String greeting, int replicas) throws IOException {
        Path manifest = host.folder().resolve("web.yaml");
        Files.writeString(manifest, DEPLOYMENT.formatted(greeting, replicas));
        retried("apply", "-f", manifest.toString());
    }

    /** As its user does while the cluster is away for a moment. */
    private static void retried(String... command) {
        await(String.join(" ", command))
                .atMost(Cluster.PATIENCE)
                .until(() -> host.gantry(command).exitCode() == 0);
    }

    private static void awaitRunning(String greeting, int replicas) {
        await("%d pods say %s".formatted(replicas, greeting))
                .atMost(Cluster.PATIENCE)
                .ignoreExceptions()
                .untilAsserted(
                        () -> assertThat(cluster.pods()).hasSize(replicas).allMatch(Cluster::ready));
        for (JsonNode pod : cluster.pods()) {
            UIDS.add(pod.at("/metadata/uid").asText());
            assertThat(host.gantry("logs", pod.at("/metadata/name").asText())
                            .ok()
                            .stdout())
                    .isEqualTo("%1$s %1$s\n".formatted(greeting));
        }
        assertThat(ContainerProcess.of(host)).hasSize(replicas);
        // else it would find nothing in the end either
        assertThat(pathsOfPods(host.state())).isNotEmpty();
        assertThat(pathsOfPods(host.run())).isNotEmpty();
    }

    private static void awaitGone() {
        await("no pod is left")
                .atMost(Cluster.PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
        assertThat(ContainerProcess.of(host)).isEmpty();
    }

    /** As the supervisor has seen them: killed by signal 9. */
    private static long deaths(String process) throws IOException {
        return Files.readAllLines(host.state().resolve("log").resolve(process + ".out")).stream()
                .filter(line -> line.contains("ended with code 137"))
                .count();
    }

    private static void nothingIsLeft() {
        await("what pods had on the host is gone")
                .atMost(Cluster.PATIENCE)
                .untilAsserted(() -> assertThat(left()).isEmpty());
    }

    private static List<String> left() {
        HostSnapshot now = HostSnapshot.take(host);
        List<String> left = new ArrayList<>(idle.difference(now).stream()
                .filter(line -> OF_PODS.stream().anyMatch(what -> line.startsWith(what + ":", 2)))
                .toList());
        // the agent keeps links in stock, whose names are made up
        int links = now.count("link") - idle.count("link");
        if (links != 0) {
            left.add(links + " links more than before");
        }
        left.addAll(pathsOfPods(host.state()));
        left.addAll(pathsOfPods(host.run()));
        return left;
    }

    private static List<String> pathsOfPods(Path folder) {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.map(Path::toString)
                    .filter(path -> UIDS.stream().anyMatch(path::contains))
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of(folder + " changes while it is read: " + e.getMessage());
        }
    }
}
