package dev.gantry.agent.build;

import dev.gantry.agent.image.Layer;
import dev.gantry.agent.image.MergedTree;
import dev.gantry.agent.image.UpperLayer;
import dev.gantry.agent.image.Workspace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** WORKDIR: makes the directory when the image lacks it, in a layer of its own. */
final class WorkdirStep {
    private WorkdirStep() {}

    static Optional<Layer> run(Workspace workspace, StageState state, int line) throws IOException, BuildFailure {
        String path = state.workingDirectory;
        Path upper = workspace.newDirectory();
        String problem = workspace.call(() -> make(upper, state, path));
        if (!problem.isEmpty()) {
            throw new BuildFailure(line, problem);
        }
        try (var entries = java.nio.file.Files.list(upper)) {
            if (entries.findAny().isEmpty()) {
                return Optional.empty();
            }
        }
        return Optional.of(workspace.commit(upper));
    }

    /** @return what is wrong, or nothing */
    private static String make(Path upper, StageState state, String path) throws IOException {
        try (UpperLayer layer = UpperLayer.open(upper, state.directories())) {
            String resolved = layer.tree().resolve(path, true);
            Optional<MergedTree.Node> existing = layer.tree().find(resolved);
            if (existing.isPresent()) {
                return existing.get().status().isDirectory()
                        ? ""
                        : "the working directory %s is no directory in the image".formatted(path);
            }
            CopyPlan.Override root = new CopyPlan.Override(0, 0, null);
            layer.ensureDirectory(resolved, CopyPlan.directoryMetadata(root, state.created));
            layer.finish();
            return "";
        }
    }
}
