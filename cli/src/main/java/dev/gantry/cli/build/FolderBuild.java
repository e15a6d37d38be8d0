package dev.gantry.cli.build;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A build whose context is a folder of this machine. */
public final class FolderBuild {
    private final ImageBuild build;
    private final BuildProgress progress;

    public FolderBuild(ImageBuild build, BuildProgress progress) {
        this.build = build;
        this.progress = progress;
    }

    /**
     * @param dockerfile null for the folder's own
     * @param query its dockerfile is replaced by what is found
     * @return the result of a build that succeeded
     */
    public JsonNode run(Path folder, @Nullable Path dockerfile, ImageBuild.Query query) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new Failure("the context %s is not a folder".formatted(folder));
        }
        Path root = folder.toRealPath();
        Path file = dockerfile == null
                ? root.resolve("Dockerfile")
                : dockerfile.toAbsolutePath().normalize();
        if (!Files.isRegularFile(file)) {
            throw new Failure("no Dockerfile at %s: write one, or name it with -f".formatted(file));
        }
        Path real = file.toRealPath();
        if (!real.startsWith(root)) {
            throw new Failure("the Dockerfile %s must lie in the context %s".formatted(file, root));
        }
        String name = root.relativize(real).toString();
        progress.dockerfile(dockerfile == null ? folder.resolve("Dockerfile") : dockerfile);
        return build.run(query.of(name), new BuildContext(root, name)::write, progress::event);
    }
}
