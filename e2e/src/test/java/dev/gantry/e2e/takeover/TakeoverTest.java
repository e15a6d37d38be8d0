package dev.gantry.e2e.takeover;

import static dev.gantry.e2e.takeover.TwoControlPlanes.PATIENCE;
import static dev.gantry.e2e.takeover.TwoControlPlanes.inventory;
import static dev.gantry.e2e.takeover.TwoControlPlanes.quietInventory;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.e2e.takeover.TwoControlPlanes.Member;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The leader is stopped by SIGSTOP while it has writes of clients, work of its controllers and assignments in flight. What it still has in hand when it
 * wakes up deposed must not happen any more: the store or the agent refuses it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TakeoverTest {
    private static final int WRITERS = 8;
    private static final int DOOMED = 5;
    private static final int FEW = 5;
    private static final int MANY = 40;
    /** So many that a fast leader, too, is stopped in the midst of them. */
    private static final int VERY_MANY = 200;

    private static final String IMAGE = "web@sha256:" + "ab".repeat(32);
    private static final String CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
    private static final String PODS = "/api/v1/namespaces/default/pods";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private TwoControlPlanes cluster;
    private String name;
    private Member leader;
    private Member other;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        cluster = new TwoControlPlanes(directory);
    }

    @AfterAll
    void stop() throws Exception {
        cluster.close();
    }

    @BeforeEach
    void seeWhoLeads() {
        leader = cluster.leader();
        other = cluster.other(leader);
        await("the node is with the leader").atMost(PATIENCE).until(() -> cluster.with(leader));
        name = leader.address().replaceAll("[.:]", "-");
    }

    @Test
    void nothingOfALeaderThatWasStoppedForLongerThanItsSessionTakesEffect() throws Exception {
        deploy(FEW);
        OverwrittenWrites writes = new OverwrittenWrites(leader.client(), name, WRITERS);
        await().atMost(PATIENCE).until(writes::allHaveWritten);
        leader.process().relay().hold();
        scale(leader, MANY);
        Set<String> doomed = createDoomedPods();
        await("assignments are under way")
                .atMost(PATIENCE)
                .until(() -> leader.process().relay().heldBytes() > DOOMED * 100);
        leader.process().freeze();

        await("the other leads").atMost(PATIENCE).until(other::leads);
        writes.overwrite(other.client());
        for (int i = 0; i < DOOMED; i++) {
            other.client().delete(PODS + "/doomed-" + i, JsonNodeFactory.instance.objectNode());
        }
        await("the node is with the other").atMost(PATIENCE).until(() -> cluster.with(other));
        await("all pods are ready").atMost(PATIENCE).until(() -> readyReplicas(other) == MANY);
        Set<String> before = quietInventory(other.client());
        assertThat(before).filteredOn(line -> line.contains("doomed")).isEmpty();
        long refusedBefore = cluster.node().state().refusedStale();

        leader.process().thaw();
        leader.process().relay().release();
        await("the deposed leader knows").atMost(PATIENCE).until(() -> !leader.leads());
        await("the clients have their answers").atMost(PATIENCE).until(writes::ended);
        await("stale assignments are refused")
                .atMost(PATIENCE)
                .until(() -> cluster.node().state().refusedStale() > refusedBefore);

        assertThat(quietInventory(other.client())).isEqualTo(before);
        assertThat(writes.tookEffectLate()).isEmpty();
        assertThat(writes.refused()).isGreaterThan(0);
        assertThat(cluster.node().pods().started()).doesNotContainAnyElementsOf(doomed);
        assertTheOtherLeadsAndBothServe();
    }

    /** Its session lives: the fence alone keeps it from writing. */
    @Test
    void nothingOfALeaderThatWasTakenForDeadTakesEffect() throws Exception {
        deploy(FEW);
        scale(leader, VERY_MANY);
        await("the leader is at work")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> pods(leader) > FEW);
        long refusedBefore = leader.refusedWrites();
        leader.process().freeze();
        leader.process().relay().refuseConnections();
        await("the other leads").atMost(PATIENCE).until(other::leads);
        leader.process().thaw();
        await("the deposed leader knows").atMost(PATIENCE).until(() -> !leader.leads());
        leader.process().relay().acceptConnections();

        await("the node is with the other").atMost(PATIENCE).until(() -> cluster.with(other));
        await("all pods are ready").atMost(PATIENCE).until(() -> readyReplicas(other) == VERY_MANY);
        assertThat(leader.refusedWrites()).isGreaterThan(refusedBefore);
        assertThat(pods(other)).isEqualTo(VERY_MANY);
        assertTheOtherLeadsAndBothServe();
    }

    private void assertTheOtherLeadsAndBothServe() throws IOException {
        assertThat(other.leads()).isTrue();
        assertThat(leader.leads()).isFalse();
        assertThat(cluster.with(other)).isTrue();
        leader.client().post(CONFIG_MAPS, MAPPER.readTree("""
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "followed-%s"}}
                """.formatted(name)));
        assertThat(inventory(other.client()))
                .isEqualTo(inventory(leader.client()))
                .anyMatch(line -> line.contains("followed-" + name));
    }

    /** Pods that the node is to be given while nothing reaches it. @return their uids */
    private Set<String> createDoomedPods() throws IOException {
        Set<String> uids = new HashSet<>();
        for (int i = 0; i < DOOMED; i++) {
            JsonNode pod = leader.client().post(PODS, MAPPER.readTree("""
                    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "doomed-%d"},
                     "spec": {"nodeName": "%s", "containers": [{"name": "main", "image": "%s"}]}}
                    """.formatted(i, TestNode.NAME, IMAGE)));
            uids.add(pod.at("/metadata/uid").asText());
        }
        return uids;
    }

    /** A Deployment of this test's own, ready. */
    private void deploy(int replicas) throws IOException {
        leader.client().post(DEPLOYMENTS, MAPPER.readTree("""
                {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "%1$s"},
                 "spec": {"replicas": %2$d, "selector": {"matchLabels": {"app": "%1$s"}},
                          "template": {"metadata": {"labels": {"app": "%1$s"}},
                                       "spec": {"containers": [{"name": "main", "image": "%3$s"}]}}}}
                """.formatted(name, replicas, IMAGE)));
        await("%d pods are ready".formatted(replicas)).atMost(PATIENCE).until(() -> readyReplicas(leader) == replicas);
    }

    private void scale(Member through, int replicas) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("spec").put("replicas", replicas);
        through.client().patch(DEPLOYMENTS + "/" + name, ApiClient.MERGE_PATCH, patch);
    }

    private int readyReplicas(Member through) {
        return through.client()
                .get(DEPLOYMENTS + "/" + name)
                .at("/status/readyReplicas")
                .asInt();
    }

    private int pods(Member through) {
        return through.client()
                .get(PODS + "?labelSelector=app%3D" + name)
                .path("items")
                .size();
    }
}
