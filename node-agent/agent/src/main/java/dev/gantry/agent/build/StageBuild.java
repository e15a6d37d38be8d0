package dev.gantry.agent.build;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.agent.build.BuildPlan.PlannedStage;
import dev.gantry.agent.build.dockerfile.Command;
import dev.gantry.agent.build.dockerfile.Dockerfile;
import dev.gantry.agent.build.dockerfile.DockerfileException;
import dev.gantry.agent.build.dockerfile.Expansion;
import dev.gantry.agent.build.dockerfile.Instruction;
import dev.gantry.agent.build.dockerfile.Instruction.Arg;
import dev.gantry.agent.build.dockerfile.Instruction.Healthcheck;
import dev.gantry.agent.build.dockerfile.Instruction.Pair;
import dev.gantry.agent.build.dockerfile.Instruction.Word;
import dev.gantry.agent.image.Layer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Carries out the instructions of one stage, one after the other, on one thread. */
final class StageBuild {
    private final BuildRun build;
    private final PlannedStage planned;
    private final StageState state;
    private int step;

    /** @param state what the base gave; this stage's own from now on */
    StageBuild(BuildRun build, PlannedStage planned, StageState state) {
        this.build = build;
        this.planned = planned;
        this.state = state;
        this.step = planned.firstStep();
    }

    StageState run() throws IOException, BuildFailure, DockerfileException, InterruptedException {
        long began = System.nanoTime();
        Instruction from = planned.stage().from();
        build.events().started(step, planned.stage().label(), from.source().text());
        List<String> triggers = List.copyOf(state.onBuild);
        state.onBuild.clear();
        for (String trigger : triggers) {
            runTrigger(trigger);
        }
        build.events().finished(step, false, millisSince(began));
        for (Instruction instruction : planned.stage().instructions()) {
            step++;
            if (Thread.interrupted()) {
                throw new InterruptedException("The build was cancelled");
            }
            runInstruction(instruction);
        }
        return state;
    }

    private void runTrigger(String trigger) throws IOException, BuildFailure, InterruptedException {
        int line = planned.stage().from().source().position().line();
        try {
            for (Instruction instruction : Dockerfile.parse("FROM scratch\n" + trigger)
                    .stages()
                    .getFirst()
                    .instructions()) {
                carryOut(instruction);
            }
        } catch (DockerfileException e) {
            throw new BuildFailure(
                    line, "the base image's ONBUILD %s can't be carried out: %s".formatted(trigger, e.getMessage()), e);
        }
    }

    private void runInstruction(Instruction instruction)
            throws IOException, BuildFailure, DockerfileException, InterruptedException {
        long began = System.nanoTime();
        build.events()
                .started(step, planned.stage().label(), instruction.source().text());
        boolean cached;
        try {
            cached = carryOut(instruction);
        } catch (IOException e) {
            if (RunStep.isInterruption(e)) {
                throw e;
            }
            throw new BuildFailure(
                    instruction.source().position().line(),
                    "%s: %s".formatted(instruction.source().text(), e.getMessage()),
                    e);
        }
        build.events().finished(step, cached, millisSince(began));
    }

    /** @return whether the step's result came from the cache */
    private boolean carryOut(Instruction instruction)
            throws IOException, BuildFailure, DockerfileException, InterruptedException {
        switch (instruction) {
            case Instruction.Copy copy -> {
                CopyStep copyStep =
                        new CopyStep(build.workspace(), build.environment().cache(), state, copy, expansion(copy));
                return finish(copyStep.run(build.from(copy, planned.stage().index()), build.noCache()), instruction);
            }
            case Instruction.Run run -> {
                RunStep runStep = new RunStep(build.environment(), build.workspace(), state, run);
                int number = step;
                return finish(
                        runStep.run((stderr, data) -> build.events().output(number, stderr, data), build.noCache()),
                        instruction);
            }
            case Instruction.Workdir workdir -> {
                String path = expand(workdir.path(), instruction);
                state.workingDirectory = normal(path.startsWith("/") ? path : state.workingDirectory + "/" + path);
                Optional<Layer> layer = WorkdirStep.run(
                        build.workspace(),
                        state,
                        instruction.source().position().line());
                state.addStep(layer.orElse(null), instruction.source().text());
                return false;
            }
            default -> {
                configure(instruction);
                state.addStep(null, instruction.source().text());
                return false;
            }
        }
    }

    private boolean finish(CopyStep.Outcome outcome, Instruction instruction) {
        state.addStep(outcome.layer().orElse(null), instruction.source().text());
        return outcome.cached();
    }

    private void configure(Instruction instruction) throws DockerfileException, BuildFailure {
        switch (instruction) {
            case Arg arg -> declare(arg);
            case Instruction.Env env -> state.environment.putAll(pairs(env.variables(), instruction));
            case Instruction.Label label -> state.labels.putAll(pairs(label.labels(), instruction));
            case Instruction.User user -> state.user = expand(user.user(), instruction);
            case Instruction.Cmd cmd -> {
                state.command = words(cmd.command());
                state.commandIsOwn = true;
            }
            case Instruction.Entrypoint entrypoint -> {
                state.entrypoint = words(entrypoint.command());
                if (!state.commandIsOwn) {
                    state.command = List.of(); // the base's arguments were meant for the base's program
                }
            }
            case Instruction.Expose expose -> expose(expose);
            case Instruction.Volume volume -> {
                for (Word path : volume.paths()) {
                    state.volumes.add(expand(path, instruction));
                }
            }
            case Instruction.StopSignal signal -> state.stopSignal = expand(signal.signal(), instruction);
            case Instruction.Shell shell -> state.shell = shell.command();
            case Instruction.Maintainer maintainer -> state.author = maintainer.name();
            case Instruction.OnBuild onBuild -> state.onBuild.add(onBuild.trigger());
            case Healthcheck healthcheck -> state.healthcheck = json(healthcheck);
            default ->
                throw new IllegalStateException(
                        "%s is no configuration".formatted(instruction.source().keyword()));
        }
    }

    private void declare(Arg arg) throws DockerfileException {
        for (Arg.Declaration declaration : arg.declarations()) {
            String name = declaration.name();
            String value = build.arguments().get(name);
            Word word = declaration.value();
            if (value == null && word != null) {
                value = expand(word, arg);
            }
            if (value == null) {
                value = build.plan().globalArguments().getOrDefault(name, Planner.PLATFORM_ARGUMENTS.get(name));
            }
            if (value != null) {
                state.arguments.put(name, value);
            }
        }
    }

    private Map<String, String> pairs(List<Pair> pairs, Instruction instruction) throws DockerfileException {
        Map<String, String> expanded = new LinkedHashMap<>();
        for (Pair pair : pairs) {
            expanded.put(expand(pair.key(), instruction), expand(pair.value(), instruction));
        }
        return expanded;
    }

    private void expose(Instruction.Expose expose) throws DockerfileException, BuildFailure {
        for (Word word : expose.ports()) {
            for (String port : expand(word, expose).strip().split("\\s+")) {
                String[] parts = port.split("/", 2);
                String protocol = parts.length == 1 ? "tcp" : parts[1].toLowerCase(java.util.Locale.ROOT);
                if (!parts[0].matches("\\d{1,5}(-\\d{1,5})?")
                        || !List.of("tcp", "udp", "sctp").contains(protocol)) {
                    throw new BuildFailure(
                            word.position().line(),
                            "EXPOSE %s is no port; expected a number such as 80 or 53/udp".formatted(port));
                }
                state.ports.add(parts[0] + "/" + protocol);
            }
        }
    }

    private List<String> words(Command command) {
        return switch (command) {
            case Command.Exec exec -> exec.arguments();
            case Command.Shell shell -> {
                List<String> words = new ArrayList<>(state.shell);
                words.add(shell.text());
                yield words;
            }
        };
    }

    private String expand(Word word, Instruction instruction) throws DockerfileException {
        return expansion(instruction).expand(word.text(), word.position());
    }

    private Expansion expansion(Instruction instruction) {
        int line = instruction.source().position().line();
        return new Expansion(
                state::variable,
                name -> build.events()
                        .warning(line, "the variable %s is not set; expected an ARG or ENV before".formatted(name)),
                build.plan().dockerfile().escape());
    }

    private static ObjectNode json(Healthcheck check) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        check.test().forEach(node.putArray("Test")::add);
        putNanos(node, "Interval", check.intervalNanos());
        putNanos(node, "Timeout", check.timeoutNanos());
        putNanos(node, "StartPeriod", check.startPeriodNanos());
        putNanos(node, "StartInterval", check.startIntervalNanos());
        putNanos(node, "Retries", check.retries());
        return node;
    }

    private static void putNanos(ObjectNode node, String key, long value) {
        if (value != 0) {
            node.put(key, value);
        }
    }

    private static String normal(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/")) {
            if (part.equals("..")) {
                if (!parts.isEmpty()) {
                    parts.removeLast();
                }
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return "/" + String.join("/", parts);
    }

    private static long millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000;
    }
}
