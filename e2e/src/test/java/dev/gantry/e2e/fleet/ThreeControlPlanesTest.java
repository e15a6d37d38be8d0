package dev.gantry.e2e.fleet;

import static dev.gantry.e2e.fleet.Fleet.PATIENCE;
import static dev.gantry.e2e.fleet.Fleet.awaitThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.TestHost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Three control planes, three nodes: what the loss of one of them costs. */
@Tag("root")
class ThreeControlPlanesTest {
    private static final Logger log = LoggerFactory.getLogger(ThreeControlPlanesTest.class);
    private static final String CONTROL_PLANE = "control-plane";
    private static final int KILLS = 3;

    private static Fleet fleet;

    @BeforeAll
    static void up() {
        fleet = Fleet.highlyAvailable("one", "two", "three");
    }

    @AfterAll
    static void down() {
        if (fleet != null) {
            fleet.close();
        }
    }

    @Test
    void aKilledLeaderIsReplacedWithinSeconds() {
        List<Duration> times = new ArrayList<>();
        for (int kill = 1; kill <= KILLS; kill++) {
            TestHost leader = leader();
            TestHost other = fleet.hosts().stream()
                    .filter(host -> host != leader)
                    .findFirst()
                    .orElseThrow();
            String name = "after-kill-" + kill;
            byte[] pod = Manifests.pod(name, "sleep 1000", "").getBytes(UTF_8);
            long began = System.nanoTime();
            leader.kill(leader.pid(CONTROL_PLANE).orElseThrow());
            awaitThat(
                    "a pod is taken",
                    PATIENCE,
                    () -> assertThat(other.inside(pod, other.commandLine("apply", "-f", "-"))
                                    .exitCode())
                            .isZero());
            awaitThat(
                    "the pod runs",
                    PATIENCE,
                    () -> assertThat(Fleet.isReady(other.api("/api/v1/namespaces/default/pods/" + name)))
                            .isTrue());
            times.add(Duration.ofNanos(System.nanoTime() - began));
            awaitThat("the killed one is back", PATIENCE, () -> leader.api("/api/v1/namespaces/default"));
        }
        log.info("Leader killed to first new pod running: {}", times);
    }

    @Test
    void everyControlPlaneServesTheStreamsOfEveryPod() {
        for (TestHost host : fleet.hosts()) {
            String name = "echo-" + host.nodeName();
            fleet.first()
                    .apply(Manifests.pod(
                            name,
                            "echo hello; sleep 1000",
                            "  nodeSelector: {kubernetes.io/hostname: %s}\n".formatted(host.nodeName())));
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

    private static TestHost leader() {
        JsonNode lease = fleet.first().api("/apis/gantry.dev/v1/controlplanes");
        for (JsonNode item : lease.path("items")) {
            if (item.at("/status/leader").asBoolean()) {
                String address = item.at("/spec/address").asText();
                return fleet.hosts().stream()
                        .filter(host -> address.equals(fleet.address(host) + ":6443"))
                        .findFirst()
                        .orElseThrow();
            }
        }
        throw new AssertionError("nobody leads: " + lease);
    }
}
