package dev.gantry.agent.build.dockerfile;

import dev.gantry.agent.build.dockerfile.DockerfileException.Problem;
import dev.gantry.agent.build.dockerfile.Instruction.Arg;
import dev.gantry.agent.build.dockerfile.Instruction.From;
import dev.gantry.agent.build.dockerfile.Instruction.Keyword;
import dev.gantry.common.spelling.Spelling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Raw instructions to stages; gathers all problems before failing. */
final class DockerfileParser {
    private static final int MAX_CHARACTERS = 1 << 20;
    private static final List<String> KEYWORDS =
            Arrays.stream(Keyword.values()).map(Enum::name).toList();

    private final String text;
    private final List<Problem> problems = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();
    private final List<Arg> globalArguments = new ArrayList<>();
    private final List<Dockerfile.Stage> stages = new ArrayList<>();
    private final Map<String, Position> stageNames = new HashMap<>();
    private final List<Instruction> instructions = new ArrayList<>();
    private @Nullable From from;
    private boolean instructionBeforeFrom;

    DockerfileParser(String text) {
        this.text = text;
    }

    Dockerfile parse() throws DockerfileException {
        if (text.length() > MAX_CHARACTERS) {
            throw new DockerfileException(
                    new Position(1, 1),
                    "the Dockerfile has %s characters; expected at most %s".formatted(text.length(), MAX_CHARACTERS));
        }
        DockerfileLines lines = new DockerfileLines(text, problems);
        List<RawInstruction> raw = lines.read();
        InstructionParser parser = new InstructionParser(lines.escape(), warnings);
        for (RawInstruction instruction : raw) {
            parseOne(parser, instruction);
        }
        endStage();
        if (stages.isEmpty() && problems.isEmpty()) {
            problem(new Position(1, 1), "the Dockerfile has no FROM; expected at least FROM scratch");
        }
        if (!problems.isEmpty()) {
            throw new DockerfileException(problems);
        }
        return new Dockerfile(globalArguments, stages, lines.escape(), warnings);
    }

    private void parseOne(InstructionParser parser, RawInstruction raw) {
        Keyword keyword = Keyword.of(raw.keyword());
        if (keyword == null) {
            problem(
                    raw.position(),
                    "unknown instruction %s%s"
                            .formatted(shown(raw.keyword()), Spelling.didYouMean(raw.keyword(), KEYWORDS)));
            return;
        }
        try {
            add(parser.parse(keyword, raw));
        } catch (DockerfileException e) {
            problems.addAll(e.problems());
        }
    }

    private void add(Instruction instruction) {
        if (instruction instanceof From next) {
            endStage();
            startStage(next);
        } else if (from != null) {
            instructions.add(instruction);
        } else if (instruction instanceof Arg arg) {
            globalArguments.add(arg);
        } else if (!instructionBeforeFrom) {
            instructionBeforeFrom = true;
            problem(
                    instruction.source().position(),
                    "%s comes before the first FROM; expected FROM, or ARG"
                            .formatted(instruction.source().keyword()));
        }
    }

    private void startStage(From next) {
        from = next;
        if (next.stage() == null) {
            return;
        }
        Position earlier = stageNames.putIfAbsent(next.stage(), next.source().position());
        if (earlier != null) {
            problem(
                    next.source().position(),
                    "the stage name %s is taken by line %s".formatted(next.stage(), earlier.line()));
        }
    }

    private void endStage() {
        if (from != null) {
            stages.add(new Dockerfile.Stage(stages.size(), from, instructions));
            instructions.clear();
            from = null;
        }
    }

    private void problem(Position position, String message) {
        problems.add(new Problem(position, message));
    }

    private static String shown(String word) {
        String printable = word.replaceAll("\\p{Cntrl}", "?");
        return printable.length() > 40 ? printable.substring(0, 40) + "…" : printable;
    }
}
