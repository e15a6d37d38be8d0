package dev.gantry.e2e.failure;

import static dev.gantry.e2e.failure.Cluster.CONTROL_PLANE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.ContainerProcess;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.TestHost;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The control plane killed, its data wiped, and started: the agent refuses the new cluster and says so, with what to do, containers run on, and {@code
 * gantry node reset} and a join recover.
 */
@Tag("root")
class WipedClusterTest {
    private static final String WHAT_TO_DO =
            "this node's containers run on; to move it there run: gantry node reset (it stops them), then gantry node join";

    private static final String POD = Manifests.pod("keeper", "trap 'exit 0' TERM; sleep 1000000 & wait", "");

    private static TestHost host;
    private static Cluster cluster;

    @BeforeAll
    static void aPodRuns() {
        host = TestHost.create("wiped");
        cluster = new Cluster(host);
        host.gantry("up").ok();
        bringPod();
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.close();
        }
    }

    /** Objects, keys, and the authority that has signed the node's certificate. */
    @Test
    void everythingIsWiped() {
        Set<ContainerProcess> containers = wipe("control-plane");

        refuses("another authority has signed its certificate");
        CommandResult joinWithoutReset = join();
        assertThat(joinWithoutReset.exitCode()).isNotZero();
        assertThat(joinWithoutReset.stderr()).contains(WHAT_TO_DO);
        assertThat(ContainerProcess.of(host)).isEqualTo(containers);

        host.gantry("node", "reset").ok();
        assertThat(ContainerProcess.of(host)).isEmpty();
        join().ok();
        bringPod();
    }

    /** The authority has stayed: the node's certificate is good, and the cluster still another one. */
    @Test
    void objectsAreWiped() {
        Set<ContainerProcess> containers = wipe("control-plane/zookeeper");

        refuses("the control plane of cluster");
        assertThat(host.get("nodes").path("items"))
                .as("nodes that a refused host has registered")
                .isEmpty();
        assertThat(ContainerProcess.of(host)).isEqualTo(containers);

        host.gantry("node", "reset").ok();
        assertThat(ContainerProcess.of(host)).isEmpty();
        host.gantry("up").ok();
        bringPod();
    }

    /** @return the containers that ran before */
    private static Set<ContainerProcess> wipe(String folder) {
        Set<ContainerProcess> containers = ContainerProcess.of(host);
        assertThat(containers).hasSize(1);
        host.inside("sh", "-c", "kill -9 $(cut -d ' ' -f 1 %s/control-plane.supervisor)".formatted(host.run()))
                .ok();
        host.kill(cluster.pid(CONTROL_PLANE));
        host.inside("rm", "-r", host.state().resolve(folder).toString()).ok();
        return containers;
    }

    private static void refuses(String why) {
        CommandResult up = host.gantry("up");
        assertThat(up.exitCode()).isNotZero();
        assertThat(up.stderr()).contains(why, WHAT_TO_DO);
        await("the log says so")
                .atMost(Cluster.PATIENCE)
                .until(() -> host.log(Cluster.AGENT).contains(why));
        CommandResult status = host.gantry("status");
        assertThat(status.exitCode()).isNotZero();
        assertThat(status.stdout()).contains(why, WHAT_TO_DO);
    }

    private static CommandResult join() {
        String token = host.gantry("token", "create").ok().stdout().strip();
        return host.gantry("node", "join", "--control-plane", "127.0.0.1:6443", "--token", token);
    }

    private static void bringPod() {
        // what a name means is the cluster's to say; the node has kept the layers
        BusyboxImage.bringTo(host);
        host.apply(POD);
        cluster.awaitReady("keeper");
        assertThat(host.gantry("status").ok().stdout())
                .contains("session        open", "node           wiped Ready", "pods           1 Running");
        assertThat(ContainerProcess.of(host)).hasSize(1);
    }
}
