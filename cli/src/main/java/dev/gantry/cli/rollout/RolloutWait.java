package dev.gantry.cli.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import dev.gantry.cli.api.NamedObject;
import dev.gantry.cli.api.Resource;
import dev.gantry.cli.api.Watch;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/** Waits for rollouts. */
public final class RolloutWait {
    /** How long one stream lasts at most. */
    private static final Duration STREAM = Duration.ofSeconds(30);

    private RolloutWait() {}

    /**
     * Blocks until the rollout is done.
     *
     * @param told each new sentence
     * @throws Failure when it has failed, or is not done by the deadline
     */
    public static void await(
            ApiClient client,
            Resource deployments,
            String namespace,
            String name,
            Duration deadline,
            Consumer<String> told) {
        Instant end = Instant.now().plus(deadline);
        NamedObject watched = new NamedObject(client, deployments, namespace, name);
        String last = "";
        while (Instant.now().isBefore(end)) {
            NamedObject.Seen seen = watched.look();
            // who asks for one that is not there is told so by the server
            JsonNode deployment = seen.object().orElseGet(() -> client.get(deployments.path(namespace, name)));
            RolloutProgress progress = RolloutProgress.of(deployment);
            last = tell(progress, last, told);
            if (finished(progress)) {
                return;
            }
            Duration left = Duration.between(Instant.now(), end);
            try (Watch watch = watched.changes(seen, left.compareTo(STREAM) < 0 ? left : STREAM)) {
                for (JsonNode event = watch.next(); event != null; event = watch.next()) {
                    if (event.path("type").asText().equals("DELETED")) {
                        throw new Failure("deployment \"%s\" was deleted while it was waited for".formatted(name));
                    }
                    if (!event.path("type").asText().equals("MODIFIED")) {
                        continue;
                    }
                    progress = RolloutProgress.of(event.path("object"));
                    last = tell(progress, last, told);
                    if (finished(progress)) {
                        return;
                    }
                }
            } catch (ApiFailure e) {
                if (!e.expired()) {
                    throw e;
                }
            }
        }
        throw new Failure(
                "deployment \"%s\" was not rolled out within %d s: %s. See 'gantry describe deployment/%s -n %s'"
                        .formatted(name, deadline.toSeconds(), last, name, namespace));
    }

    private static boolean finished(RolloutProgress progress) {
        if (progress.failed()) {
            throw new Failure(progress.sentence());
        }
        return progress.done();
    }

    private static String tell(RolloutProgress progress, String last, Consumer<String> told) {
        if (!progress.sentence().equals(last)) {
            told.accept(progress.sentence());
        }
        return progress.sentence();
    }
}
