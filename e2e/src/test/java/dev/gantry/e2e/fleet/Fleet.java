package dev.gantry.e2e.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.Link;
import dev.gantry.e2e.host.TestHost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

/** Hosts on a link: a node on each, and a control plane on the first one or on each. */
final class Fleet implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private final Link link;
    private final List<TestHost> hosts = new ArrayList<>();

    private Fleet(Link link) {
        this.link = link;
    }

    /** A control plane on the first host. @param names of the hosts; the image of tests is on each */
    static Fleet start(String... names) {
        return start(List.of(names), (fleet, host) -> {
            String token = fleet.token("--uses", "1");
            host.gantry("node", "join", "--control-plane", fleet.address(fleet.first()) + ":6443", "--token", token)
                    .ok();
        });
    }

    /** A control plane on each host. */
    static Fleet highlyAvailable(String... names) {
        return start(List.of(names), (fleet, host) -> {
            String token = fleet.token("--control-plane");
            host.gantry("up", "--join", fleet.address(fleet.first()) + ":6443", "--token", token)
                    .ok();
        });
    }

    private static Fleet start(List<String> names, BiConsumer<Fleet, TestHost> join) {
        Fleet fleet = new Fleet(Link.create(names.getFirst(), "192.0.2"));
        try {
            for (String name : names) {
                fleet.hosts.add(TestHost.create(name, fleet.link));
            }
            fleet.first().gantry("up").ok();
            fleet.hosts.subList(1, names.size()).forEach(host -> join.accept(fleet, host));
            fleet.bringImage();
            return fleet;
        } catch (RuntimeException | AssertionError e) {
            fleet.close();
            throw e;
        }
    }

    private String token(String... flags) {
        List<String> command = new ArrayList<>(List.of("token", "create"));
        command.addAll(List.of(flags));
        return first().gantry(command.toArray(String[]::new)).ok().stdout().strip();
    }

    /** Built on one of the hosts: the others pull it from the cluster's registry. */
    private void bringImage() {
        BusyboxImage.bringTo(first());
    }

    /** Where the control plane is. */
    TestHost first() {
        return hosts.getFirst();
    }

    TestHost host(String name) {
        return hosts.stream()
                .filter(host -> host.nodeName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    List<TestHost> hosts() {
        return hosts;
    }

    Link link() {
        return link;
    }

    String address(TestHost host) {
        return link.address(host);
    }

    /** Those of the default namespace. */
    List<JsonNode> pods(Predicate<JsonNode> which) {
        JsonNode pods = first().api("/api/v1/namespaces/default/pods").path("items");
        return StreamSupport.stream(pods.spliterator(), false).filter(which).toList();
    }

    JsonNode pod(String name) {
        return first().api("/api/v1/namespaces/default/pods/" + name);
    }

    static Predicate<JsonNode> labelled(String app) {
        return pod -> pod.at("/metadata/labels/app").asText().equals(app);
    }

    static Predicate<JsonNode> on(TestHost host) {
        return pod -> pod.at("/spec/nodeName").asText().equals(host.nodeName());
    }

    static boolean isReady(JsonNode object) {
        return condition(object).equals("True");
    }

    /** Status of the condition Ready. */
    static String condition(JsonNode object) {
        for (JsonNode condition : object.at("/status/conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition.path("status").asText();
            }
        }
        return "";
    }

    JsonNode node(TestHost host) {
        return first().api("/api/v1/nodes/" + host.nodeName());
    }

    void awaitReady(String... pods) {
        awaitThat(
                String.join(", ", pods) + " are Ready",
                PATIENCE,
                () -> assertThat(pods(Fleet::isReady))
                        .extracting(pod -> pod.at("/metadata/name").asText())
                        .contains(pods));
    }

    /** Looks again until it holds; what the API can't answer at the moment doesn't count. */
    static void awaitThat(String what, Duration patience, org.awaitility.core.ThrowingRunnable check) {
        await(what).atMost(patience).pollInterval(LOOK_AGAIN).ignoreExceptions().untilAsserted(check);
    }

    @Override
    public void close() {
        // those that joined first: the control plane is there to be told
        for (TestHost host : hosts.reversed()) {
            host.close();
        }
        link.close();
    }
}
