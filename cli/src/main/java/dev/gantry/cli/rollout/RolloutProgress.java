package dev.gantry.cli.rollout;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How far a Deployment is with its rollout, by the rules of {@code kubectl rollout status}. Pure.
 *
 * @param done whether the newest template is everywhere and serves
 * @param failed whether it has missed its deadline
 * @param sentence for a person
 */
public record RolloutProgress(boolean done, boolean failed, String sentence) {
    public static RolloutProgress of(JsonNode deployment) {
        String name = deployment.at("/metadata/name").asText();
        long generation = deployment.at("/metadata/generation").asLong();
        JsonNode status = deployment.path("status");
        if (status.path("observedGeneration").asLong() < generation) {
            return going("waiting for the change to be seen");
        }
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText().equals("Progressing")
                    && condition.path("reason").asText().equals("ProgressDeadlineExceeded")) {
                return new RolloutProgress(
                        false, true, "deployment \"%s\" exceeded its progress deadline".formatted(name));
            }
        }
        int wanted = deployment.at("/spec/replicas").asInt(1);
        int updated = status.path("updatedReplicas").asInt();
        int replicas = status.path("replicas").asInt();
        int available = status.path("availableReplicas").asInt();
        if (updated < wanted) {
            return going("%d of %d new replicas made".formatted(updated, wanted));
        }
        if (replicas > updated) {
            return going("%d old replicas are still to stop".formatted(replicas - updated));
        }
        if (available < updated) {
            return going("%d of %d new replicas available".formatted(available, updated));
        }
        return new RolloutProgress(
                true, false, "deployment \"%s\" successfully rolled out (%d replicas)".formatted(name, wanted));
    }

    private static RolloutProgress going(String sentence) {
        return new RolloutProgress(false, false, sentence);
    }
}
