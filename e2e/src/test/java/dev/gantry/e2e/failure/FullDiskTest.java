package dev.gantry.e2e.failure;

import static dev.gantry.e2e.failure.Cluster.AGENT;
import static dev.gantry.e2e.failure.Cluster.CONTROL_PLANE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.ContainerProcess;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A full disk of the agent, of the image store and of ZooKeeper's log, each apart, each a small file system in memory: an error that names the disk and
 * says what to do, nothing lost, what runs runs on, and everything goes on by itself when there is room.
 */
@Tag("root")
class FullDiskTest {
    private static TestHost host;
    private static Cluster cluster;
    private static Path agentDisk;
    private static Path imageDisk;
    private static Path logDisk;

    private Set<ContainerProcess> containers;
    private List<Long> processes;
    private int counted;

    @BeforeAll
    static void up() {
        host = TestHost.create("fulldisk");
        cluster = new Cluster(host);
        agentDisk = mount(host.state().resolve("agent"));
        imageDisk = mount(agentDisk.resolve("images"));
        logDisk = mount(host.state().resolve("control-plane/zookeeper/log"));
        host.gantry("up").ok();
        BusyboxImage.bringTo(host);
        host.apply(Manifests.pod("counter", "i=0; while :; do echo $i; i=$((i+1)); usleep 20000; done", ""));
        cluster.awaitReady("counter");
    }

    private static Path mount(Path folder) {
        host.inside("mkdir", "-p", folder.toString()).ok();
        host.inside("mount", "-t", "tmpfs", "-o", "size=48m,mode=0700", "disk", folder.toString())
                .ok();
        return folder;
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.gantry("down").ok();
            for (Path disk : List.of(imageDisk, agentDisk, logDisk)) {
                host.inside("umount", disk.toString()).ok();
            }
            host.close();
        }
    }

    @BeforeEach
    void everythingRuns() {
        containers = ContainerProcess.of(host);
        processes = processes();
        counted = cluster.assertCountsOrSaysHowManyAreMissing("counter");
    }

    @AfterEach
    void nothingIsLostAndNothingWasRestarted() {
        host.gantry("status").ok();
        assertThat(ContainerProcess.of(host)).containsAll(containers);
        assertThat(processes()).isEqualTo(processes);
        assertThat(cluster.assertCountsOrSaysHowManyAreMissing("counter")).isGreaterThan(counted);
        assertThat(cluster.restarts().values()).containsOnly(0);
    }

    private static List<Long> processes() {
        return List.of(cluster.pid(AGENT), cluster.pid(CONTROL_PLANE));
    }

    @Test
    void diskOfTheAgent() {
        fill(agentDisk);

        host.apply(Manifests.pod("later", "sleep 1000000", ""));
        String said = "the disk of the agent, %s, is full; make room there".formatted(agentDisk);
        await("the pod says so")
                .atMost(Cluster.PATIENCE)
                .until(() ->
                        host.gantry("describe", "pod", "later").ok().stdout().contains(said));
        statusSays("the agent's disk, %s, has less than 5 %% of its space left: make room there".formatted(agentDisk));

        free(agentDisk);
        cluster.awaitReady("later");
        awaitWell();
    }

    @Test
    void diskOfTheImages() throws IOException {
        Path context = Files.createDirectory(host.folder().resolve("context"));
        Files.writeString(context.resolve("Dockerfile"), "FROM busybox:test\nCOPY Dockerfile /\n");
        fill(imageDisk);

        CommandResult refused = host.gantry("build", "-t", "copy:1", context.toString());
        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.stderr())
                .contains("The disk of the images, %s, is full; remove images".formatted(imageDisk));
        statusSays("the disk of the images, %s, has less than 5 %% of its space left: make room there"
                .formatted(imageDisk));
        host.apply(Manifests.pod("of-an-image-that-is-there", "sleep 1000000", ""));
        cluster.awaitReady("of-an-image-that-is-there");

        free(imageDisk);
        host.gantry("build", "-t", "copy:1", context.toString()).ok();
        awaitWell();
    }

    @Test
    void diskOfTheLog() {
        fill(logDisk);

        String pod = Manifests.pod("written-later", "sleep 1000000", "");
        CommandResult refused = host.inside(pod.getBytes(UTF_8), host.commandLine("apply", "-f", "-"));
        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.stderr()).contains("the store's log disk is full", logDisk.toString(), "make room there");
        assertThat(host.gantry("get", "pod", "counter").ok().stdout()).contains("Running");

        free(logDisk);
        host.apply(pod);
        cluster.awaitReady("written-later");
    }

    /** To the last page. */
    private static void fill(Path disk) {
        host.inside("sh", "-c", "head -c 1G /dev/zero > %s/filler 2>/dev/null; true".formatted(disk))
                .ok();
    }

    private static void free(Path disk) {
        host.inside("rm", disk.resolve("filler").toString()).ok();
    }

    private static void statusSays(String what) {
        await("gantry status says: " + what).atMost(Cluster.PATIENCE).until(() -> {
            CommandResult status = host.gantry("status");
            return status.exitCode() != 0 && status.stdout().contains(what);
        });
    }

    private static void awaitWell() {
        await("all is well again")
                .atMost(Cluster.PATIENCE)
                .until(() -> host.gantry("status").exitCode() == 0);
    }
}
