package dev.gantry.agent.build;

import dev.gantry.agent.build.dockerfile.Dockerfile;
import dev.gantry.common.image.ImageName;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which stages are built, on what, and in which order.
 *
 * @param stages those that the target needs, in the order of the Dockerfile; the target is the last one
 * @param globalArguments values of ARGs before the first FROM
 * @param steps instructions of all stages, FROM included
 */
record BuildPlan(
        Dockerfile dockerfile,
        List<PlannedStage> stages,
        Map<String, String> globalArguments,
        int steps,
        List<Warning> warnings) {
    BuildPlan {
        stages = List.copyOf(stages);
        globalArguments = Map.copyOf(globalArguments);
        warnings = List.copyOf(warnings);
    }

    PlannedStage target() {
        return stages.getLast();
    }

    /**
     * @param needs indexes of stages that must be built before
     * @param firstStep number of its FROM
     */
    record PlannedStage(Dockerfile.Stage stage, Origin base, Set<Integer> needs, int firstStep) {
        PlannedStage {
            needs = Set.copyOf(needs);
        }
    }

    record Warning(int line, String message) {}

    /** Where FROM and COPY take files from. */
    sealed interface Origin {
        /** FROM scratch: nothing. */
        record Scratch() implements Origin {}

        record Context() implements Origin {}

        record Stage(int index) implements Origin {}

        record Image(ImageName name) implements Origin {}
    }
}
