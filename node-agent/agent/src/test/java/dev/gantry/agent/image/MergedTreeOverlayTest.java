package dev.gantry.agent.image;

import static dev.gantry.agent.image.Archive.archive;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel's overlay, mounted in a namespace of its own, is the judge of what a stack of layers means. */
@Tag("root")
class MergedTreeOverlayTest {
    private static final List<String> NAMES = List.of("a", "b", "c");

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void agreesWithTheKernel(long seed) throws Exception {
        Root.assume();
        Random random = new Random(seed);
        DiskImageStore store = DiskImageStore.open(
                directory.resolve("store"),
                new dev.gantry.agent.tar.TarLimits(10_000, 1 << 20),
                "boot",
                Clock.systemUTC());
        try (Workspace workspace = store.openWorkspace()) {
            List<Path> layers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                layers.addFirst(
                        workspace.unpack(layer(random, i).stream(), null).directory());
            }

            assertThat(ours(layers)).isEqualTo(kernels(layers));
        }
    }

    private static Archive layer(Random random, int number) {
        Archive layer = archive().file("in-" + number, "");
        for (int i = 0; i < 12; i++) {
            String path = random.ints(1 + random.nextInt(3), 0, NAMES.size())
                    .mapToObj(NAMES::get)
                    .collect(Collectors.joining("/d", "d", ""));
            switch (random.nextInt(5)) {
                case 0, 1 -> layer.file(path + "/f" + random.nextInt(3), "layer " + number);
                case 2 -> layer.directory(path, random.nextBoolean() ? 0755 : 0700);
                case 3 -> layer.file(path + "/.wh.f" + random.nextInt(3), "");
                default ->
                    layer.file(
                            path + "/"
                                    + (random.nextBoolean() ? ".wh..wh..opq" : ".wh.d" + NAMES.get(random.nextInt(3))),
                            "");
            }
        }
        return layer;
    }

    private static String ours(List<Path> layers) throws IOException {
        List<String> lines = new ArrayList<>();
        try (MergedTree tree = MergedTree.open(layers)) {
            collect(tree, tree.find("").orElseThrow(), lines);
        }
        return lines.stream().map(String::stripTrailing).sorted().collect(Collectors.joining("\n"));
    }

    private static void collect(MergedTree tree, MergedTree.Node directory, List<String> lines) throws IOException {
        for (MergedTree.Node child : tree.list(directory).values()) {
            boolean isDirectory = child.status().isDirectory();
            lines.add("./%s %o %s"
                    .formatted(child.path(), child.status().permissions(), isDirectory ? "" : content(tree, child)));
            if (isDirectory) {
                collect(tree, child, lines);
            }
        }
    }

    private static String content(MergedTree tree, MergedTree.Node file) throws IOException {
        return new String(tree.read(file.path(), 100).orElseThrow(), StandardCharsets.UTF_8);
    }

    private String kernels(List<Path> layers) throws IOException, InterruptedException {
        Path merged = Files.createDirectory(directory.resolve("merged"));
        // layers by short links: the option string is limited
        List<String> links = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            Files.createSymbolicLink(directory.resolve("l" + i), layers.get(i));
            links.add("l" + i);
        }
        String script = """
                cd '%s' && mount -t overlay -o lowerdir=%s overlay merged && cd merged || exit 1
                find . -mindepth 1 | while read -r p; do
                  [ -e "$p" ] || continue # a directory of one layer lists its whiteouts, though nothing can open them
                  if [ -d "$p" ]; then echo "$p $(stat -c %%a "$p") "; else echo "$p $(stat -c %%a "$p") $(cat "$p")"; fi
                done | LC_ALL=C sort
                """.formatted(directory, String.join(":", links));
        Process process = new ProcessBuilder("unshare", "--mount", "--propagation", "private", "sh", "-c", script)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        Files.delete(merged);
        return output.lines().map(String::stripTrailing).sorted().collect(Collectors.joining("\n"));
    }
}
