package dev.gantry.e2e.failure;

import static dev.gantry.e2e.failure.Cluster.AGENT;
import static dev.gantry.e2e.failure.Cluster.CONTROL_PLANE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.ContainerProcess;
import dev.gantry.e2e.host.HostSnapshot;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code gantry down}, also after {@code kill -9} of both: the host before and after is equal in processes, /proc/&#42;/ns, mounts, cgroup directories,
 * links, addresses, routes, rules, neighbours, {@code nft list ruleset}, /proc/sys/net, and files outside the state directory. The next {@code gantry up}
 * brings the pods back.
 */
@Tag("root")
class DownTest {
    private static final String PODS = Manifests.pod("plain", "sleep 1000000", "")
            + Manifests.pod("own-users", "sleep 1000000", "  hostUsers: false\n")
            + Manifests.pod("in-memory", "echo kept > /memory/file; sleep 1000000", """
                    volumeMounts: [{name: memory, mountPath: /memory}, {name: shared, mountPath: /dev/shm}]
                  volumes:
                  - {name: memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
                  - {name: shared, emptyDir: {medium: Memory}}
                """)
            + Manifests.pod("on-host-network", "sleep 1000000", "  hostNetwork: true\n")
            + """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: NodePort
              selector: {app: web}
              ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  containers:
                  - name: main
                    image: busybox:test
                    command: ["/bin/sh", "-c", "trap 'exit 0' TERM; mkdir /www; echo hello > /www/index.html; httpd -f -p 8080 -h /www & wait"]
            """;

    private static TestHost host;
    private static Cluster cluster;
    private static HostSnapshot before;

    @BeforeAll
    static void create() {
        host = TestHost.create("down");
        cluster = new Cluster(host);
        before = HostSnapshot.take(host);
        host.gantry("up").ok();
        BusyboxImage.bringTo(host);
        host.apply(PODS);
    }

    @AfterAll
    static void close() {
        if (host != null) {
            host.close();
        }
    }

    /** At the second time, all that is there was brought back. */
    @BeforeEach
    void everyPodRuns() {
        host.gantry("up").ok();
        cluster.awaitReady("plain", "own-users", "in-memory", "on-host-network");
        await("the service answers").atMost(Cluster.PATIENCE).until(DownTest::answersAtAddress);
    }

    private static boolean answersAtAddress() {
        String address = host.api("/api/v1/namespaces/default/services/web")
                .at("/spec/clusterIP")
                .asText();
        return host.inside("curl", "-s", "-m", "1", "http://" + address)
                .stdout()
                .equals("hello\n");
    }

    @Test
    void downLeavesNothing() {
        host.gantry("down").ok();

        assertThat(before.difference(HostSnapshot.take(host))).isEmpty();
    }

    @Test
    void downAfterEverythingWasKilledLeavesNothing() throws IOException {
        Process build = startEndlessBuild();
        host.inside("sh", "-c", "kill -9 $(cut -d ' ' -f 1 %s/*.supervisor)".formatted(host.run()))
                .ok();
        host.inside("kill", "-9", Long.toString(cluster.pid(AGENT)), Long.toString(cluster.pid(CONTROL_PLANE)))
                .ok();
        build.destroyForcibly().onExit().join();

        host.gantry("down").ok();

        assertThat(before.difference(HostSnapshot.take(host))).isEmpty();
    }

    /** A build, with a container of its own, that is under way for good. */
    private static Process startEndlessBuild() throws IOException {
        Path context = Files.createDirectory(host.folder().resolve("context"));
        Files.writeString(context.resolve("Dockerfile"), "FROM busybox:test\nRUN sleep 424242\n");
        Process build = host.start(
                host.folder().resolve("build.out"), host.commandLine("build", "-t", "never:1", context.toString()));
        await("the build runs a container")
                .atMost(Cluster.PATIENCE)
                .until(() -> ContainerProcess.of(host).stream()
                        .anyMatch(process -> process.command().contains("424242")));
        return build;
    }
}
