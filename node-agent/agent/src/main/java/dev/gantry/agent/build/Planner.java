package dev.gantry.agent.build;

import dev.gantry.agent.build.BuildPlan.Origin;
import dev.gantry.agent.build.BuildPlan.PlannedStage;
import dev.gantry.agent.build.BuildPlan.Warning;
import dev.gantry.agent.build.dockerfile.Dockerfile;
import dev.gantry.agent.build.dockerfile.DockerfileException;
import dev.gantry.agent.build.dockerfile.Expansion;
import dev.gantry.agent.build.dockerfile.Instruction;
import dev.gantry.agent.build.dockerfile.Instruction.Arg;
import dev.gantry.agent.build.dockerfile.Instruction.Copy;
import dev.gantry.agent.build.dockerfile.Instruction.Word;
import dev.gantry.common.image.ImageName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** From a Dockerfile and the user's arguments to a plan. Pure. */
final class Planner {
    static final String PLATFORM = "linux/amd64";

    /** Set by every builder, also where no ARG before the first FROM names them. */
    static final Map<String, String> PLATFORM_ARGUMENTS = Map.of(
            "BUILDPLATFORM", PLATFORM,
            "BUILDOS", "linux",
            "BUILDARCH", "amd64",
            "BUILDVARIANT", "",
            "TARGETPLATFORM", PLATFORM,
            "TARGETOS", "linux",
            "TARGETARCH", "amd64",
            "TARGETVARIANT", "");

    /** May be given without an ARG, as Docker has it. */
    private static final Set<String> PREDEFINED =
            Set.of("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY");

    private final Dockerfile dockerfile;
    private final Map<String, String> given;
    private final List<Warning> warnings = new ArrayList<>();

    private Planner(Dockerfile dockerfile, Map<String, String> given) {
        this.dockerfile = dockerfile;
        this.given = given;
    }

    /**
     * @param given values for ARG
     * @param target name or number of a stage; empty for the last
     */
    static BuildPlan plan(Dockerfile dockerfile, Map<String, String> given, String target)
            throws DockerfileException, BuildFailure {
        return new Planner(dockerfile, given).plan(target);
    }

    private BuildPlan plan(String target) throws DockerfileException, BuildFailure {
        dockerfile.warnings().forEach(p -> warnings.add(new Warning(p.position().line(), p.message())));
        Map<String, String> globals = globalArguments();
        List<PlannedStage> all = new ArrayList<>();
        for (Dockerfile.Stage stage : dockerfile.stages()) {
            Origin base = base(stage, globals);
            all.add(new PlannedStage(stage, base, needs(stage, base), 0));
        }
        int last = target.isEmpty() ? all.size() - 1 : targetStage(target);
        Set<Integer> needed = new TreeSet<>();
        collect(all, last, needed);
        List<PlannedStage> stages = new ArrayList<>();
        int step = 1;
        for (int index : needed) {
            PlannedStage stage = all.get(index);
            stages.add(new PlannedStage(stage.stage(), stage.base(), stage.needs(), step));
            step += 1 + stage.stage().instructions().size();
        }
        warnOfUnusedArguments();
        return new BuildPlan(dockerfile, stages, globals, step - 1, warnings);
    }

    private Map<String, String> globalArguments() throws DockerfileException {
        Map<String, String> globals = new HashMap<>();
        for (Arg arg : dockerfile.globalArguments()) {
            for (Arg.Declaration declaration : arg.declarations()) {
                String value = given.get(declaration.name());
                Word word = declaration.value();
                if (value == null && word != null) {
                    value = expand(word, globals);
                }
                if (value == null) {
                    value = PLATFORM_ARGUMENTS.get(declaration.name());
                }
                if (value != null) {
                    globals.put(declaration.name(), value);
                }
            }
        }
        return globals;
    }

    private String expand(Word word, Map<String, String> globals) throws DockerfileException {
        int line = word.position().line();
        Expansion expansion = new Expansion(
                name -> Optional.ofNullable(globals.getOrDefault(name, PLATFORM_ARGUMENTS.get(name))),
                name -> warnings.add(new Warning(
                        line,
                        "the variable %s is not set; expected an ARG for it before the first FROM".formatted(name))),
                dockerfile.escape());
        return expansion.expand(word.text(), word.position());
    }

    private Origin base(Dockerfile.Stage stage, Map<String, String> globals) throws DockerfileException, BuildFailure {
        Word image = stage.from().image();
        int line = image.position().line();
        Word platform = stage.from().platform();
        if (platform != null) {
            String wanted = expand(platform, globals);
            if (!wanted.equals(PLATFORM) && !wanted.equals("linux/x86_64")) {
                throw new BuildFailure(
                        line, "--platform is %s; this host builds for %s only".formatted(wanted, PLATFORM));
            }
        }
        String name = expand(image, globals);
        if (name.equals("scratch")) {
            return new Origin.Scratch();
        }
        Integer earlier = stageIndex(name, stage.index(), false);
        if (earlier != null) {
            return new Origin.Stage(earlier);
        }
        if (name.isEmpty()) {
            throw new BuildFailure(
                    line, "FROM %s gives no image name; set the variable by an ARG before it".formatted(image.text()));
        }
        return new Origin.Image(imageName(name, line));
    }

    private Set<Integer> needs(Dockerfile.Stage stage, Origin base) throws BuildFailure {
        Set<Integer> needs = new TreeSet<>();
        if (base instanceof Origin.Stage earlier) {
            needs.add(earlier.index());
        }
        for (Instruction instruction : stage.instructions()) {
            if (instruction instanceof Copy copy
                    && origin(dockerfile, copy, stage.index()) instanceof Origin.Stage from) {
                needs.add(from.index());
            }
        }
        return needs;
    }

    /** What {@code --from} of a COPY in the given stage means. */
    static Origin origin(Dockerfile dockerfile, Copy copy, int stage) throws BuildFailure {
        Word from = copy.from();
        if (from == null) {
            return new Origin.Context();
        }
        int line = from.position().line();
        String name = from.text();
        if (name.indexOf('$') >= 0) {
            throw new BuildFailure(
                    line,
                    "--from=%s has a variable; use FROM %s AS a-name and copy from that name".formatted(name, name));
        }
        Integer index = new Planner(dockerfile, Map.of())
                .stageIndex(name, dockerfile.stages().size(), true);
        if (index == null) {
            return new Origin.Image(imageName(name, line));
        }
        if (index >= stage) {
            throw new BuildFailure(
                    line,
                    index == stage
                            ? "--from=%s copies from the stage itself".formatted(name)
                            : "--from=%s names a stage that comes later; move that stage before this one"
                                    .formatted(name));
        }
        return new Origin.Stage(index);
    }

    private @Nullable Integer stageIndex(String name, int before, boolean numbers) {
        for (int i = before - 1; i >= 0; i--) {
            if (name.toLowerCase(Locale.ROOT)
                    .equals(dockerfile.stages().get(i).from().stage())) {
                return i;
            }
        }
        return numbers
                        && name.matches("\\d{1,4}")
                        && Integer.parseInt(name) < dockerfile.stages().size()
                ? Integer.valueOf(name)
                : null;
    }

    private int targetStage(String target) throws BuildFailure {
        Integer index = stageIndex(target, dockerfile.stages().size(), true);
        if (index == null) {
            throw new BuildFailure(
                    0,
                    "there is no stage %s to build; expected one of %s"
                            .formatted(
                                    target,
                                    String.join(
                                            ", ",
                                            dockerfile.stages().stream()
                                                    .map(Dockerfile.Stage::label)
                                                    .toList())));
        }
        return index;
    }

    private static void collect(List<PlannedStage> all, int index, Set<Integer> needed) {
        if (needed.add(index)) {
            all.get(index).needs().forEach(other -> collect(all, other, needed));
        }
    }

    private static ImageName imageName(String name, int line) throws BuildFailure {
        try {
            return ImageName.parse(name);
        } catch (IllegalArgumentException e) {
            throw new BuildFailure(line, e.getMessage() == null ? "not an image name" : e.getMessage(), e);
        }
    }

    private void warnOfUnusedArguments() {
        Set<String> declared = new TreeSet<>(PREDEFINED);
        PREDEFINED.forEach(name -> declared.add(name.toLowerCase(Locale.ROOT)));
        dockerfile.globalArguments().forEach(arg -> arg.declarations().forEach(d -> declared.add(d.name())));
        dockerfile
                .stages()
                .forEach(stage -> stage.instructions().forEach(instruction -> {
                    if (instruction instanceof Arg arg) {
                        arg.declarations().forEach(d -> declared.add(d.name()));
                    }
                }));
        new TreeSet<>(given.keySet())
                .stream()
                        .filter(name -> !declared.contains(name))
                        .forEach(name -> warnings.add(
                                new Warning(0, "the argument %s was given, but no ARG takes it".formatted(name))));
    }
}
