package dev.gantry.cli.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.common.yaml.YamlException;
import dev.gantry.common.yaml.YamlParser;
import org.junit.jupiter.api.Test;

class RolloutProgressTest {
    @Test
    void goesThroughItsStages() throws YamlException {
        assertThat(of("{observedGeneration: 1}").sentence()).contains("to be seen");
        assertThat(of("{observedGeneration: 2, updatedReplicas: 1, replicas: 4}")
                        .sentence())
                .isEqualTo("1 of 3 new replicas made");
        assertThat(of("{observedGeneration: 2, updatedReplicas: 3, replicas: 4}")
                        .sentence())
                .isEqualTo("1 old replicas are still to stop");
        assertThat(of("{observedGeneration: 2, updatedReplicas: 3, replicas: 3, availableReplicas: 2}")
                        .sentence())
                .isEqualTo("2 of 3 new replicas available");
        RolloutProgress done = of("{observedGeneration: 2, updatedReplicas: 3, replicas: 3, availableReplicas: 3}");
        assertThat(done.done()).isTrue();
        assertThat(done.sentence()).contains("successfully rolled out");
    }

    @Test
    void aMissedDeadlineIsAFailure() throws YamlException {
        RolloutProgress progress =
                of("{observedGeneration: 2, conditions: [{type: Progressing, reason: ProgressDeadlineExceeded}]}");
        assertThat(progress.failed()).isTrue();
        assertThat(progress.done()).isFalse();
    }

    private static RolloutProgress of(String status) throws YamlException {
        JsonNode deployment = YamlParser.parse(
                        "{metadata: {name: web, generation: 2}, spec: {replicas: 3}, status: " + status + "}")
                .getFirst()
                .root();
        return RolloutProgress.of(deployment);
    }
}
