package dev.gantry.cli.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Discovery;
import dev.gantry.cli.api.Resource;
import dev.gantry.cli.api.Watch;
import dev.gantry.cli.rollout.RolloutWait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Rolls one deployment from version 1 to 2 while two load generators use its service, and checks everything that was promised of it. */
final class Roll {
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final Duration DEADLINE = Duration.ofSeconds(120);

    private final ApiClient client;
    private final String namespace;
    private final String app;

    Roll(ApiClient client, String namespace, String app) {
        this.client = client;
        this.namespace = namespace;
        this.app = app;
    }

    /** @return both reports, when nothing is wrong @throws Failure with all that is */
    List<LoadReport> run(Load.Target target, Path loadScript, String loadPod, Consumer<String> told)
            throws IOException, InterruptedException {
        String pods = "/api/v1/namespaces/%s/pods".formatted(namespace);
        JsonNode before = client.get(pods + "?labelSelector=app%3D" + app);
        Set<String> old = running(before);
        CompletableFuture<Double> firstStop = new CompletableFuture<>();
        try (Watch watch = client.watch(
                pods + "?watch=true&labelSelector=app%3D" + app + "&resourceVersion="
                        + before.at("/metadata/resourceVersion").asText(),
                false)) {
            Thread.ofVirtual().name("first-stop").start(() -> watchForStop(watch, old, firstStop));
            List<Load> loads =
                    List.of(Load.fromHost(loadScript, target), Load.fromPod(client, namespace, loadPod, target));
            List<LoadReport> reports = new ArrayList<>();
            try {
                Thread.sleep(QUIET);
                change();
                Resource deployments = new Discovery(client).byName("deployments");
                RolloutWait.await(client, deployments, namespace, app, DEADLINE, told);
                awaitGone(old);
                Thread.sleep(QUIET);
            } finally {
                for (Load load : loads) {
                    reports.add(load.stop());
                }
            }
            check(reports, firstStop);
            return reports;
        }
    }

    private void change() {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.withObject("spec")
                .withObject("template")
                .withObject("spec")
                .putArray("containers")
                .addObject()
                .put("name", app)
                .put("image", "quickstart/" + app + ":2");
        client.patch(
                "/apis/apps/v1/namespaces/%s/deployments/%s".formatted(namespace, app),
                ApiClient.STRATEGIC_PATCH,
                patch);
    }

    /** Uids of the pods that nobody has stopped yet. */
    private static Set<String> running(JsonNode pods) {
        Set<String> uids = new HashSet<>();
        for (JsonNode pod : pods.path("items")) {
            if (pod.at("/metadata/deletionTimestamp").isMissingNode()) {
                uids.add(pod.at("/metadata/uid").asText());
            }
        }
        return uids;
    }

    private static void watchForStop(Watch watch, Set<String> old, CompletableFuture<Double> firstStop) {
        for (JsonNode event = watch.next(); event != null; event = watch.next()) {
            if (event.path("type").asText().equals("DELETED")
                    && old.contains(event.at("/object/metadata/uid").asText())) {
                firstStop.complete(uptime());
                return;
            }
        }
    }

    private void awaitGone(Set<String> old) throws InterruptedException {
        for (long waited = 0; waited < DEADLINE.toMillis(); waited += 100) {
            boolean gone = true;
            for (JsonNode pod : client.get(
                            "/api/v1/namespaces/%s/pods?labelSelector=app%%3D%s".formatted(namespace, app))
                    .path("items")) {
                gone &= !old.contains(pod.at("/metadata/uid").asText());
            }
            if (gone) {
                return;
            }
            Thread.sleep(100);
        }
        throw new Failure("old pods of \"%s\" did not stop within %d s".formatted(app, DEADLINE.toSeconds()));
    }

    private void check(List<LoadReport> reports, CompletableFuture<Double> firstStop) throws InterruptedException {
        double stopped;
        try {
            stopped = firstStop.get(5, TimeUnit.SECONDS);
        } catch (TimeoutException | java.util.concurrent.ExecutionException e) {
            throw new Failure("no old pod of \"%s\" was seen to stop".formatted(app), e);
        }
        List<String> problems = new ArrayList<>();
        reports.forEach(r -> problems.addAll(r.problems(stopped)));
        if (!problems.isEmpty()) {
            throw new Failure(
                    "the rollout of \"%s\" was not clean:\n  %s".formatted(app, String.join("\n  ", problems)));
        }
    }

    private static double uptime() {
        try {
            return Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ", -1)[0]);
        } catch (IOException e) {
            throw new Failure("cannot read /proc/uptime: " + e.getMessage(), e);
        }
    }
}
