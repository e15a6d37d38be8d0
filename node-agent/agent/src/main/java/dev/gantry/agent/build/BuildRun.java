package dev.gantry.agent.build;

import dev.gantry.agent.build.BuildPlan.Origin;
import dev.gantry.agent.build.BuildPlan.PlannedStage;
import dev.gantry.agent.build.dockerfile.DockerfileException;
import dev.gantry.agent.build.dockerfile.Instruction.Copy;
import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.agent.image.Layer;
import dev.gantry.agent.image.OciImage;
import dev.gantry.agent.image.Workspace;
import dev.gantry.common.ignore.DockerIgnore;
import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One build of a Dockerfile: its stages, each as soon as those that it needs are done. */
final class BuildRun {
    private final DiskImageStore store;
    private final BuildEnvironment environment;
    private final Workspace workspace;
    private final BuildContext context;
    private final BuildPlan plan;
    private final Inputs inputs;
    private final StepEvents events;
    private final Map<Integer, Future<StageState>> stages = new ConcurrentHashMap<>();

    /**
     * What the user gave.
     *
     * @param digests what names mean in the cluster
     */
    record Inputs(Map<String, String> arguments, Map<String, String> digests, boolean noCache) {}

    BuildRun(
            DiskImageStore store,
            BuildEnvironment environment,
            Workspace workspace,
            BuildContext context,
            BuildPlan plan,
            Inputs inputs,
            StepEvents events) {
        this.store = store;
        this.environment = environment;
        this.workspace = workspace;
        this.context = context;
        this.plan = plan;
        this.inputs = inputs;
        this.events = events;
    }

    BuildEnvironment environment() {
        return environment;
    }

    Workspace workspace() {
        return workspace;
    }

    BuildPlan plan() {
        return plan;
    }

    StepEvents events() {
        return events;
    }

    Map<String, String> arguments() {
        return inputs.arguments();
    }

    boolean noCache() {
        return inputs.noCache();
    }

    /** Builds the target and what it needs. The first failure, or an interrupt, stops all stages before this returns. */
    StageState run() throws IOException, BuildFailure, DockerfileException, InterruptedException {
        plan.warnings().forEach(warning -> events.warning(warning.line(), warning.message()));
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("build-stage-", 0).factory())) {
            for (PlannedStage stage : plan.stages()) {
                stages.put(stage.stage().index(), threads.submit(() -> buildStage(stage)));
            }
            try {
                for (PlannedStage stage : plan.stages()) {
                    result(stage.stage().index());
                }
                return result(plan.target().stage().index());
            } finally {
                threads.shutdownNow();
            }
        }
    }

    private StageState buildStage(PlannedStage stage)
            throws IOException, BuildFailure, DockerfileException, InterruptedException {
        for (int needed : stage.needs()) {
            result(needed);
        }
        int line = stage.stage().from().source().position().line();
        StageState state = switch (stage.base()) {
            case Origin.Scratch scratch -> new StageState();
            case Origin.Stage earlier -> result(earlier.index()).next();
            case Origin.Image image -> imageState(image.name(), line);
            case Origin.Context unexpected -> throw new IllegalStateException("a stage is never based on the context");
        };
        return new StageBuild(this, stage, state).run();
    }

    /** Where a COPY of the given stage finds its sources. */
    CopyStep.From from(Copy copy, int stage)
            throws BuildFailure, IOException, DockerfileException, InterruptedException {
        int line = copy.source().position().line();
        return switch (Planner.origin(plan.dockerfile(), copy, stage)) {
            case Origin.Context own ->
                new CopyStep.From(List.of(context.directory()), context.ignore(), "the context", true);
            case Origin.Stage other ->
                new CopyStep.From(
                        result(other.index()).directories(),
                        DockerIgnore.none(),
                        "the stage "
                                + plan.dockerfile().stages().get(other.index()).label(),
                        false);
            case Origin.Image image ->
                new CopyStep.From(
                        imageState(image.name(), line).directories(),
                        DockerIgnore.none(),
                        "the image " + image.name(),
                        false);
            case Origin.Scratch unexpected -> throw new BuildFailure(line, "--from=scratch has no files");
        };
    }

    private StageState imageState(ImageName name, int line) throws BuildFailure, IOException, InterruptedException {
        Image image = find(name, line)
                .orElseThrow(() -> new BuildFailure(
                        line,
                        "the image %s is not known: neither this cluster nor this host has it; build or import it first, or check its name"
                                .formatted(name)));
        workspace.use(image, "build");
        OciImage described = store.describe(Digest.parse(image.digest()))
                .orElseThrow(
                        () -> new BuildFailure(line, "the image %s went away meanwhile; try again".formatted(name)));
        List<Layer> layers = new ArrayList<>();
        for (Digest diffId : described.diffIds()) {
            layers.add(workspace
                    .find(diffId)
                    .orElseThrow(() -> new IOException("The layer %s of %s is missing".formatted(diffId, name))));
        }
        return StageState.of(described, layers);
    }

    private Optional<Image> find(ImageName name, int line) throws BuildFailure, InterruptedException {
        for (Map.Entry<String, String> known : inputs.digests().entrySet()) {
            if (name.digest() == null
                    && ImageName.tryParse(known.getKey()).filter(name::equals).isPresent()) {
                return Optional.of(pull(name, known.getValue(), line));
            }
        }
        // layers of others can't be given again as archives: what is built on them could not be pushed
        return name.isUnqualified() ? store.find(name) : Optional.empty();
    }

    /** At once when it is here. */
    private Image pull(ImageName name, String digest, int line) throws BuildFailure, InterruptedException {
        Optional<Image> here = store.find(digest);
        if (here.isPresent()) {
            return here.get();
        }
        try {
            return environment
                    .pulls()
                    .pull(new ImagePulls.Wanted(name.toString(), digest))
                    .get()
                    .image();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            String why = e.getCause() == null
                    ? e.toString()
                    : String.valueOf(e.getCause().getMessage());
            throw new BuildFailure(
                    line,
                    "the image %s is %s in the cluster, which this host doesn't hold and could not pull: %s"
                            .formatted(name, digest, why),
                    e);
        }
    }

    private StageState result(int stage) throws IOException, BuildFailure, DockerfileException, InterruptedException {
        Future<StageState> future = stages.get(stage);
        if (future == null) {
            throw new IllegalStateException("stage %s is not planned".formatted(stage));
        }
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case BuildFailure failure -> throw failure;
                case DockerfileException failure -> throw failure;
                case InterruptedException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException("A stage failed unexpectedly", e);
            }
        }
    }
}
