package dev.gantry.cli.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.cli.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestsTest {
    private static final String POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

    @TempDir
    private Path folder;

    @Test
    void aFolderIsItsManifestsByName() throws IOException {
        Files.writeString(folder.resolve("b.yaml"), POD.replace("a}", "second}"));
        Files.writeString(folder.resolve("a.yml"), POD.replace("a}", "first}"));
        Files.writeString(folder.resolve("README.md"), "no manifest");
        List<Manifest> manifests = Manifests.read(List.of(folder.toString()), InputStream.nullInputStream());
        assertThat(manifests).extracting(Manifest::name).containsExactly("first", "second");
    }

    @Test
    void aListIsItsItemsEachAtItsLine() {
        List<Manifest> manifests = read("""
                apiVersion: v1
                kind: List
                items:
                - apiVersion: v1
                  kind: Pod
                  metadata:
                    name: a
                  spec:
                    nodeName: b
                """);
        assertThat(manifests).hasSize(1);
        assertThat(manifests.getFirst().place("spec.nodeName")).isEqualTo("-:9:5");
    }

    @Test
    void allProblemsAreToldAtOnceWithTheirPlaces() throws IOException {
        Path broken = folder.resolve("broken.yaml");
        Files.writeString(
                broken, POD + "---\nkind: Pod\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: 5}\n---\n- 1\n");
        assertThatThrownBy(() -> Manifests.read(
                        List.of(
                                broken.toString(),
                                folder.resolve("missing.yaml").toString()),
                        InputStream.nullInputStream()))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("broken.yaml:5:1: apiVersion is missing")
                .hasMessageContaining("broken.yaml:9:12: metadata.name is missing or not a string")
                .hasMessageContaining("expected an object")
                .hasMessageContaining("missing.yaml does not exist");
    }

    private static List<Manifest> read(String text) {
        return Manifests.read(List.of("-"), new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }
}
