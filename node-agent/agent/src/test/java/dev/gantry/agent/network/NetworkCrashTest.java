package dev.gantry.agent.network;

import static dev.gantry.agent.network.TestHost.SETTINGS;
import static dev.gantry.agent.network.TestHost.endpoint;
import static dev.gantry.agent.network.TestHost.service;
import static dev.gantry.agent.network.TestHost.who;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.agent.network.NodeNetwork.ServiceTable;
import dev.gantry.agent.network.PodNetwork.HostPort;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.agent.network.TestHost.Pod;
import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent dies at each point; another one starts from what is on disk and in the kernel, converges, and leaves nothing behind. */
@Tag("root")
class NetworkCrashTest {
    private static final HostPort PORT = new HostPort("", 8443, 8080, Transport.TCP);

    @TempDir
    private Path state;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "network.host-recorded",
                "network.host-set-up",
                "network.ruleset-loaded",
                "network.address-allocated",
                "network.namespace-made",
                "network.pod-linked",
                "network.ports-opened",
                "network.attached",
                "network.services-written",
                "network.ports-closed",
                "network.namespace-released",
                "network.tables-removed",
                "network.host-restored",
                "state.written-beside",
                "state.replaced",
                "state.deleted"
            })
    void converges(String point) throws Exception {
        try (TestHost host = new TestHost(state, 0)) {
            List<String> before = host.picture();
            try (ArmedCrash crash = CrashPoint.arm(point, 1)) {
                try {
                    live(host, crash);
                    assertThat(point).as("reached on the way down").isEqualTo("not reached");
                } catch (SimulatedCrash e) {
                    assertThat(e.point()).isEqualTo(point);
                }
            }
            host.restartAgent();
            host.node().configure(SETTINGS);
            Pod one = host.pod("one", PORT);
            host.services(service("web", "10.96.3.4", 80, 30080, endpoint(one, 8080)));
            host.serve(one.network(), 8080, "one");
            assertThat(who(host.host, "10.96.3.4", 80)).isEqualTo("one");
            assertThat(who(host.client, TestHost.ADDRESS, 8443)).isEqualTo("one");
            host.closeServers();
            one.network().close();
            host.node().tearDown();
            assertThat(host.picture()).isEqualTo(before);
            assertThat(host.holder.list()).isEmpty();
        }
    }

    private static void live(TestHost host, ArmedCrash crash) throws Exception {
        host.node().configure(SETTINGS);
        Pod one = host.pod("one", PORT);
        one.network().close();
        CompletableFuture<Long> applied = new CompletableFuture<>();
        host.node()
                .apply(
                        new ServiceTable(1, List.of(service("web", "10.96.3.4", 80, 0, endpoint(one, 8080)))),
                        applied::complete);
        await().until(() -> applied.isDone() || crash.crashed());
        host.pods().detach("one");
        host.node().tearDown();
    }
}
