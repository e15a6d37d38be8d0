package dev.gantry.agent.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.build.BuildPlan.Origin;
import dev.gantry.agent.build.dockerfile.Dockerfile;
import dev.gantry.common.image.ImageName;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlannerTest {
    @Test
    void onlyWhatTheTargetNeedsIsBuilt() throws Exception {
        String file = """
                FROM base AS one
                RUN a
                FROM base AS unused
                RUN b
                FROM scratch AS two
                COPY --from=one /x /x
                FROM two
                COPY --from=0 /y /y
                """;

        BuildPlan plan = plan(file, Map.of(), "");

        assertThat(plan.stages()).extracting(s -> s.stage().index()).containsExactly(0, 2, 3);
        assertThat(plan.stages()).extracting(BuildPlan.PlannedStage::firstStep).containsExactly(1, 3, 5);
        assertThat(plan.steps()).isEqualTo(6);
        assertThat(plan.target().needs()).containsExactlyInAnyOrder(0, 2);
        assertThat(plan(file, Map.of(), "unused").stages()).hasSize(1);
        assertThat(plan(file, Map.of(), "1").stages()).hasSize(1);
    }

    @Test
    void globalArgumentsNameImages() throws Exception {
        String file = "ARG NAME=base\nARG FULL=$NAME:${TAG:-1}\nFROM --platform=$BUILDPLATFORM ${FULL}\n";

        assertThat(plan(file, Map.of(), "").target().base()).isEqualTo(new Origin.Image(ImageName.parse("base:1")));
        assertThat(plan(file, Map.of("NAME", "web"), "").target().base())
                .isEqualTo(new Origin.Image(ImageName.parse("web:1")));
        assertThat(plan(file, Map.of("TYPO", "x"), "").warnings())
                .extracting(BuildPlan.Warning::message)
                .containsExactly("the argument TYPO was given, but no ARG takes it");
    }

    @Test
    void saysWhatIsWrongWithItsLine() {
        assertFailure("FROM a\nCOPY --from=later x y\nFROM b AS later\n", "names a stage that comes later", 2);
        assertFailure("FROM a AS self\nCOPY --from=self x y\n", "copies from the stage itself", 2);
        assertFailure("FROM $NOTHING\n", "gives no image name", 1);
        assertFailure("FROM Bad_Name:\n", "lower case", 1);
        assertFailure("FROM --platform=linux/arm64 a\n", "builds for linux/amd64 only", 1);
        assertFailure("FROM a\nCOPY --from=$X a b\n", "--from=$X has a variable", 2);
        assertThatThrownBy(() -> plan("FROM a AS one\n", Map.of(), "two"))
                .hasMessageContaining("there is no stage two to build; expected one of one");
    }

    private static void assertFailure(String file, String message, int line) {
        assertThatThrownBy(() -> plan(file, Map.of(), ""))
                .isInstanceOfSatisfying(
                        BuildFailure.class, e -> assertThat(e.line()).isEqualTo(line))
                .hasMessageContaining(message);
    }

    private static BuildPlan plan(String file, Map<String, String> arguments, String target) throws Exception {
        return Planner.plan(Dockerfile.parse(file), arguments, target);
    }
}
