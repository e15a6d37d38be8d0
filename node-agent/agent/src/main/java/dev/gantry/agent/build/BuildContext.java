package dev.gantry.agent.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.agent.image.FileWork;
import dev.gantry.agent.image.LayerUnpacker;
import dev.gantry.agent.image.MergedTree;
import dev.gantry.agent.image.Workspace;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.common.ignore.DockerIgnore;
import dev.gantry.linux.RootedDirectory;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The user's files, unpacked beneath a directory of the build's own. */
final class BuildContext {
    private static final int MAX_DOCKERFILE = 4 << 20;
    private static final String DEFAULT_DOCKERFILE = "Dockerfile";

    private final Path directory;
    private final DockerIgnore ignore;

    private BuildContext(Path directory, DockerIgnore ignore) {
        this.directory = directory;
        this.ignore = ignore;
    }

    /** Unpacks the stream to its end, on a thread of {@code work}, since the other side may be slow. */
    static BuildContext unpack(Workspace workspace, InputStream tar, TarLimits limits, FileWork work)
            throws IOException, BuildFailure {
        Path directory = workspace.newDirectory();
        Optional<String> ignore = work.call(() -> {
            try (RootedDirectory root = RootedDirectory.open(directory, RootedDirectory.Escape.REFUSED)) {
                new LayerUnpacker(root, LayerUnpacker.Kind.CONTEXT, limits)
                        .unpack(new BufferedInputStream(tar, 1 << 16));
            }
            return read(directory, ".dockerignore");
        });
        try {
            return new BuildContext(directory, DockerIgnore.parse(ignore.orElse("")));
        } catch (IllegalArgumentException e) {
            throw new BuildFailure(0, String.valueOf(e.getMessage()), e);
        }
    }

    Path directory() {
        return directory;
    }

    DockerIgnore ignore() {
        return ignore;
    }

    /** The Dockerfile's text, also when it is ignored by COPY. */
    String dockerfile(String path, Workspace workspace) throws IOException, BuildFailure {
        String name = path.isEmpty() ? DEFAULT_DOCKERFILE : path;
        Optional<String> text = workspace.call(() -> read(directory, name));
        return text.orElseThrow(() -> new BuildFailure(
                0, "the context has no file %s; put the Dockerfile there, or say where it is".formatted(name)));
    }

    private static Optional<String> read(Path directory, String path) throws IOException {
        try (MergedTree tree = MergedTree.open(List.of(directory))) {
            return tree.read(path, MAX_DOCKERFILE).map(bytes -> new String(bytes, UTF_8));
        }
    }
}
