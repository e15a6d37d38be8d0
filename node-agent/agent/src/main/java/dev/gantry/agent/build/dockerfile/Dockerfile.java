package dev.gantry.agent.build.dockerfile;

import dev.gantry.agent.build.dockerfile.Instruction.Arg;
import dev.gantry.agent.build.dockerfile.Instruction.From;
import java.util.List;

/**
 * A Dockerfile that is well formed.
 *
 * @param globalArguments those before the first FROM
 * @param stages at least one
 * @param warnings what is allowed, but hardly meant
 */
public record Dockerfile(
        List<Arg> globalArguments, List<Stage> stages, char escape, List<DockerfileException.Problem> warnings) {
    public Dockerfile {
        globalArguments = List.copyOf(globalArguments);
        stages = List.copyOf(stages);
        warnings = List.copyOf(warnings);
    }

    /** FROM and what follows it. */
    public record Stage(int index, From from, List<Instruction> instructions) {
        public Stage {
            instructions = List.copyOf(instructions);
        }

        /** Its name, or its number from 0. */
        public String label() {
            String name = from.stage();
            return name == null ? Integer.toString(index) : name;
        }
    }

    /** @throws DockerfileException with all problems at once */
    public static Dockerfile parse(String text) throws DockerfileException {
        return new DockerfileParser(text).parse();
    }
}
