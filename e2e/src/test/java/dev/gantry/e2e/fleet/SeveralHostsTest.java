package dev.gantry.e2e.fleet;

import static dev.gantry.e2e.fleet.Fleet.PATIENCE;
import static dev.gantry.e2e.fleet.Fleet.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.TestHost;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Three hosts on a link: pods reach each other wherever they run, with their own addresses; a Service is served from every host and every pod; the streams
 * of a pod come from wherever it is; a host that was rebooted starts its pods again; a drained one is empty.
 */
@Tag("root")
class SeveralHostsTest {
    /** Says its name to whoever asks, and on its log who did. */
    private static final String SERVE =
            "mkdir /tmp/www; echo %s > /tmp/www/index.html; exec httpd -f -vv -p 8080 -h /tmp/www";

    private static Fleet fleet;
    private static TestHost alpha;
    private static TestHost beta;
    private static TestHost gamma;

    @BeforeAll
    static void up() {
        fleet = Fleet.start("alpha", "beta", "gamma");
        alpha = fleet.host("alpha");
        beta = fleet.host("beta");
        gamma = fleet.host("gamma");
        fleet.hosts()
                .forEach(host -> alpha.apply(Manifests.pod(
                        "on-" + host.nodeName(),
                        SERVE.formatted(host.nodeName()),
                        on(host, "") + "---\n" + """
                        apiVersion: v1
                        kind: Service
                        metadata: {name: %1$s}
                        spec: {type: NodePort, selector: {app: on-%1$s}, ports: [{port: 80, targetPort: 8080}]}
                        """.formatted(host.nodeName()))));
        fleet.awaitReady("on-alpha", "on-beta", "on-gamma");
    }

    @AfterAll
    static void down() {
        if (fleet != null) {
            fleet.close();
        }
    }

    private static String on(TestHost host, String more) {
        return more + "  nodeSelector: {kubernetes.io/hostname: %s}\n".formatted(host.nodeName());
    }

    private static String addressOfPodOn(TestHost host) {
        return fleet.pod("on-" + host.nodeName()).at("/status/podIP").asText();
    }

    private static JsonNode service(TestHost host) {
        return alpha.api("/api/v1/namespaces/default/services/" + host.nodeName());
    }

    /** By nc: a static wget looks its host up with libraries that an image of busybox alone does not have. */
    private static String fromPodOn(TestHost host, String address, int port) {
        String ask = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 %s %d | tail -n 1".formatted(address, port);
        return alpha.gantry("exec", "on-" + host.nodeName(), "--", "sh", "-c", ask)
                .ok()
                .stdout()
                .strip();
    }

    private static String fromHost(TestHost host, String url) {
        return host.inside("curl", "--silent", "--show-error", "--fail", "--max-time", "5", url)
                .ok()
                .stdout()
                .strip();
    }

    @Test
    void podsReachEachOtherWithTheirOwnAddresses() {
        for (TestHost from : fleet.hosts()) {
            for (TestHost to : fleet.hosts()) {
                String address = addressOfPodOn(to);
                assertThat(fromHost(from, "http://%s:8080/".formatted(address))).isEqualTo(to.nodeName());
                assertThat(fromPodOn(from, address, 8080)).isEqualTo(to.nodeName());
                assertThat(alpha.gantry("logs", "on-" + to.nodeName()).ok().stdout())
                        .as("%s saw who asked", to.nodeName())
                        .contains(addressOfPodOn(from));
            }
        }
    }

    @Test
    void servicesAreServedFromEveryHostAndPod() {
        for (TestHost from : fleet.hosts()) {
            for (TestHost to : fleet.hosts()) {
                String address = service(to).at("/spec/clusterIP").asText();
                assertThat(fromHost(from, "http://%s/".formatted(address))).isEqualTo(to.nodeName());
                assertThat(fromPodOn(from, address, 80)).isEqualTo(to.nodeName());
            }
            assertThat(alpha.gantry(
                                    "exec",
                                    "on-" + from.nodeName(),
                                    "--",
                                    "nslookup",
                                    "gamma.default.svc.cluster.local")
                            .ok()
                            .stdout())
                    .contains(service(gamma).at("/spec/clusterIP").asText());
        }
    }

    @Test
    void nodePortsLeadToPodsOfOtherHosts() {
        int port = service(gamma).at("/spec/ports/0/nodePort").asInt();
        for (TestHost through : fleet.hosts()) {
            assertThat(fromHost(alpha, "http://%s:%d/".formatted(fleet.address(through), port)))
                    .isEqualTo("gamma");
        }
    }

    @Test
    void everyNodeSaysThatItReachesTheOthers() {
        for (TestHost host : fleet.hosts()) {
            List<JsonNode> unavailable = fleet.node(host).at("/status/conditions").findParents("type").stream()
                    .filter(condition -> condition.path("type").asText().equals("NetworkUnavailable"))
                    .toList();
            assertThat(unavailable)
                    .singleElement()
                    .satisfies(condition ->
                            assertThat(condition.path("status").asText()).isEqualTo("False"));
        }
    }

    @Test
    void aRebootedHostStartsItsPodsAgain() {
        String bootId = fleet.node(beta).at("/status/nodeInfo/bootID").asText();
        beta.powerOff();
        beta.powerOn();
        beta.gantry("up").ok();
        awaitThat("the pod of beta was started again", PATIENCE, () -> {
            JsonNode pod = fleet.pod("on-beta");
            assertThat(pod.at("/status/containerStatuses/0/restartCount").asInt())
                    .isEqualTo(1);
            assertThat(Fleet.isReady(pod)).isTrue();
        });
        assertThat(fleet.node(beta).at("/status/nodeInfo/bootID").asText()).isNotEqualTo(bootId);
        assertThat(fromPodOn(alpha, addressOfPodOn(beta), 8080)).isEqualTo("beta");
    }

    @Test
    void aNodeThatAnswersIsNotFenced() {
        CommandResult refused = alpha.gantry("node", "fence", "beta");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.stderr()).contains("node beta answers, so its pods run: turn its host off first");
        assertThat(fleet.node(beta).at("/spec/taints").isMissingNode()).isTrue();
    }

    @Test
    void aDrainedNodeIsEmpty() {
        alpha.apply("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: moving}
                spec:
                  replicas: 3
                  selector: {matchLabels: {app: moving}}
                  template:
                    metadata: {labels: {app: moving}}
                    spec:
                      terminationGracePeriodSeconds: 0
                      containers: [{name: main, image: busybox:test, command: [sleep, "1000"]}]
                """);
        alpha.gantry("rollout", "status", "deployment/moving").ok();
        assertThat(fleet.pods(Fleet.labelled("moving").and(Fleet.on(gamma)))).isNotEmpty();

        CommandResult refused = alpha.gantry("node", "drain", "gamma");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.stderr())
                .contains("pod default/on-gamma has no controller that would start it elsewhere: --force");
        alpha.gantry("delete", "pod", "on-gamma").ok();
        assertThat(alpha.gantry("node", "drain", "gamma", "--timeout", "1m")
                        .ok()
                        .stdout())
                .contains("node/gamma cordoned", "evicted", "node/gamma drained");

        assertThat(fleet.pods(Fleet.on(gamma))).isEmpty();
        alpha.gantry("rollout", "status", "deployment/moving").ok();
        alpha.gantry("node", "uncordon", "gamma").ok();
        alpha.gantry("delete", "deployment", "moving").ok();
        alpha.apply(Manifests.pod("on-gamma", SERVE.formatted("gamma"), on(gamma, "")));
        fleet.awaitReady("on-gamma");
    }
}
