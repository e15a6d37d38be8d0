package dev.gantry.e2e.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.e2e.host.TestHost;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/** What the scenarios ask of a host's cluster: through the command line, as its user would. */
final class Cluster {
    static final String AGENT = "agent";
    static final String CONTROL_PLANE = "control-plane";

    /** For what takes seconds on an idle machine. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private static final Pattern MISSING =
            Pattern.compile("(\\d+) lines of output are missing here: the log could not be written");

    private final TestHost host;

    Cluster(TestHost host) {
        this.host = host;
    }

    void awaitReady(String... pods) {
        await(String.join(", ", pods) + " are Ready")
                .atMost(PATIENCE)
                .pollInterval(LOOK_AGAIN)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(readyPods()).contains(pods));
    }

    private List<String> readyPods() {
        return pods().stream()
                .filter(Cluster::ready)
                .map(pod -> pod.at("/metadata/name").asText())
                .toList();
    }

    List<JsonNode> pods() {
        JsonNode pods = host.api("/api/v1/namespaces/default/pods").path("items");
        return StreamSupport.stream(pods.spliterator(), false).toList();
    }

    static boolean ready(JsonNode object) {
        return readySince(object).isPresent();
    }

    private static Optional<String> readySince(JsonNode object) {
        return StreamSupport.stream(object.at("/status/conditions").spliterator(), false)
                .filter(condition -> condition.path("type").asText().equals("Ready")
                        && condition.path("status").asText().equals("True"))
                .map(condition -> condition.path("lastTransitionTime").asText())
                .findFirst();
    }

    /** When a pod that is Ready became so: another time than before means that it was not in between. */
    String readySince(String pod) {
        return readySince(host.api("/api/v1/namespaces/default/pods/" + pod))
                .orElseThrow(() -> new AssertionError(pod + " is not Ready"));
    }

    void awaitNodeReady() {
        await("the node is Ready")
                .atMost(PATIENCE)
                .pollInterval(LOOK_AGAIN)
                .ignoreExceptions()
                .until(() -> ready(host.api("/api/v1/nodes/" + host.nodeName())));
    }

    long pid(String process) {
        return host.pid(process).orElseThrow(() -> new AssertionError("the " + process + " does not run"));
    }

    /**
     * The supervisor has started the process again.
     *
     * @param killed its earlier pid
     */
    void awaitRestart(String process, long killed) {
        await("the " + process + " is started again")
                .atMost(PATIENCE)
                .pollInterval(LOOK_AGAIN)
                .until(() -> host.pid(process).filter(pid -> pid != killed).isPresent());
    }

    /** Everything that the cluster knows, uids by kind and name, less events. */
    Map<String, String> objects() {
        Map<String, String> objects = new TreeMap<>();
        JsonNode list = host.get(
                "nodes,namespaces,pods,configmaps,secrets,serviceaccounts,services,endpointslices,deployments,replicasets,images",
                "--all-namespaces");
        for (JsonNode object : list.path("items")) {
            objects.put(
                    "%s %s/%s"
                            .formatted(
                                    object.path("kind").asText(),
                                    object.at("/metadata/namespace").asText(),
                                    object.at("/metadata/name").asText()),
                    object.at("/metadata/uid").asText());
        }
        return objects;
    }

    /** Restarts of all containers, by pod. */
    Map<String, Integer> restarts() {
        Map<String, Integer> restarts = new TreeMap<>();
        for (JsonNode pod : host.api("/api/v1/pods").path("items")) {
            int count = 0;
            for (JsonNode container : pod.at("/status/containerStatuses")) {
                count += container.path("restartCount").asInt();
            }
            restarts.put(pod.at("/metadata/name").asText(), count);
        }
        return restarts;
    }

    int restarts(String pod) {
        return restarts().getOrDefault(pod, 0);
    }

    /**
     * The log of a pod that prints 0, 1, 2, …: every number is there exactly once, in order.
     *
     * @return how many
     */
    int assertCountsWithoutGap(String pod) {
        List<String> lines = log(pod);
        assertThat(lines)
                .isEqualTo(IntStream.range(0, lines.size())
                        .mapToObj(Integer::toString)
                        .toList());
        return lines.size();
    }

    /**
     * As {@link #assertCountsWithoutGap}, but numbers may be missing where the log says how many, since its disk was full.
     *
     * @return the next number
     */
    int assertCountsOrSaysHowManyAreMissing(String pod) {
        int next = 0;
        for (String line : log(pod)) {
            Matcher missing = MISSING.matcher(line);
            if (missing.matches()) {
                next += Integer.parseInt(missing.group(1));
            } else {
                assertThat(line).isEqualTo(Integer.toString(next));
                next++;
            }
        }
        return next;
    }

    private List<String> log(String pod) {
        // right after a start the node may not be connected yet
        return await("the log of " + pod + " can be read")
                .atMost(PATIENCE)
                .until(() -> host.gantry("logs", pod), result -> result.exitCode() == 0)
                .stdout()
                .lines()
                .toList();
    }
}
