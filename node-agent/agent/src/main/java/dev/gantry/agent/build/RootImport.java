package dev.gantry.agent.build;

import dev.gantry.agent.image.ImageConfig;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.agent.image.Layer;
import dev.gantry.agent.image.OciImage;
import dev.gantry.agent.image.Workspace;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.FromBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Makes a base image with one layer of the tar of a root file system. */
final class RootImport {
    private final Workspace workspace;

    RootImport(Workspace workspace) {
        this.workspace = workspace;
    }

    Image run(BuildRequest request, InputStream tar, Consumer<FromBuilder> consumer) throws IOException {
        long began = System.nanoTime();
        StepEvents events = new StepEvents(consumer, 1);
        events.started(1, "0", "IMPORT root file system");
        Layer layer = workspace.importRoot(tar);
        ImageConfig config = new ImageConfig(
                "",
                "",
                List.of("PATH=" + StageState.DEFAULT_PATH),
                List.of(),
                List.of("/bin/sh"),
                new TreeSet<>(),
                new TreeSet<>(),
                request.getLabelsMap(),
                "");
        OciImage image = new OciImage(
                config,
                layer.latest(),
                "",
                List.of(),
                List.of(),
                null,
                List.of(layer.diffId()),
                List.of(new OciImage.History(layer.latest(), "IMPORT root file system", false)));
        Image stored = workspace.commit(image, List.of());
        events.finished(1, false, (System.nanoTime() - began) / 1_000_000);
        return stored;
    }
}
