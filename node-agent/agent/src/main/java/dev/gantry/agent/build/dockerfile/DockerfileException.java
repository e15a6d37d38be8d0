package dev.gantry.agent.build.dockerfile;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** A Dockerfile that can't be built, with everything that is wrong with it. */
public final class DockerfileException extends Exception {
    private final List<Problem> problems;

    /** @param problems at least one */
    public DockerfileException(List<Problem> problems) {
        super(problems.stream().sorted().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = problems.stream().sorted().toList();
    }

    DockerfileException(Position position, String message) {
        this(List.of(new Problem(position, message)));
    }

    /** In the order of the text, never empty. */
    public List<Problem> problems() {
        return problems;
    }

    /** Line of the first problem. */
    public int line() {
        return problems.getFirst().position().line();
    }

    /** @param message one sentence: what was found, what was expected, what was meant */
    public record Problem(Position position, String message) implements Comparable<Problem> {
        @Override
        public int compareTo(Problem other) {
            return Comparator.comparing(Problem::position).compare(this, other);
        }

        @Override
        public String toString() {
            return "line " + position.line() + ", column " + position.column() + ": " + message;
        }
    }
}
