package dev.gantry.agent.image;

import static dev.gantry.agent.image.Archive.archive;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.tar.TarEntry;
import dev.gantry.agent.tar.TarException;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.linux.FileStatus;
import dev.gantry.linux.RootedDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("root")
class LayerUnpackerTest {
    private static final TarLimits LIMITS = new TarLimits(1000, 1 << 20);

    @TempDir
    Path directory;

    Path files;
    Path outside;

    @BeforeEach
    void prepare() throws IOException {
        Root.assume();
        files = Files.createDirectory(directory.resolve("files"));
        outside = Files.writeString(directory.resolve("outside"), "untouched");
        Files.setLastModifiedTime(outside, FileTime.fromMillis(1000));
    }

    @Test
    void keepsOwnersModesTimesLinksAndAttributes() throws IOException {
        unpack(archive()
                .directory("./", 0700)
                .directory("etc", 0750)
                .file("etc/passwd", "root", 0640, 7, 8)
                .file("bin/su", "x", 04755, 0, 0)
                .fileWith("bin/ping", Map.of("security.capability", capability()))
                .hardLink("bin/su2", "bin/su")
                .symbolicLink("lib", "/usr/lib")
                .special("run/pipe", TarEntry.Type.FIFO, 0, 0));

        try (RootedDirectory root = RootedDirectory.open(files, RootedDirectory.Escape.REFUSED)) {
            FileStatus passwd = root.stat("etc/passwd");
            assertThat(passwd.permissions()).isEqualTo(0640);
            assertThat(passwd.uid()).isEqualTo(7);
            assertThat(passwd.gid()).isEqualTo(8);
            assertThat(passwd.modified()).isEqualTo(Archive.TIME);
            assertThat(root.stat("etc").permissions()).isEqualTo(0750);
            assertThat(root.stat("etc").modified()).isEqualTo(Archive.TIME);
            assertThat(root.stat("bin/su").permissions()).isEqualTo(04755);
            assertThat(root.stat("bin/su2").inode())
                    .isEqualTo(root.stat("bin/su").inode());
            assertThat(root.getXattr("bin/ping", "security.capability")).contains(capability());
            assertThat(root.readlink("lib")).isEqualTo("/usr/lib");
            assertThat(root.stat("run/pipe").isFifo()).isTrue();
        }
    }

    @Test
    void whiteoutsGoToOverlayFormAndBack() throws IOException {
        Archive layer = archive()
                .directory("etc", 0755)
                .file("etc/.wh.gone", "")
                .directory("var", 0755)
                .file("var/.wh..wh..opq", "")
                .file("var/new", "x");
        unpack(layer);

        try (RootedDirectory root = RootedDirectory.open(files, RootedDirectory.Escape.REFUSED)) {
            assertThat(Whiteout.isWhiteout(root.stat("etc/gone"))).isTrue();
            assertThat(Whiteout.isOpaque(root, "var")).isTrue();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            LayerTar.write(root, out);
            Path again = Files.createDirectory(directory.resolve("again"));
            try (RootedDirectory second = RootedDirectory.open(again, RootedDirectory.Escape.REFUSED)) {
                new LayerUnpacker(second, LayerUnpacker.Kind.LAYER, LIMITS)
                        .unpack(new java.io.ByteArrayInputStream(out.toByteArray()));
                assertThat(Whiteout.isWhiteout(second.stat("etc/gone"))).isTrue();
                assertThat(Whiteout.isOpaque(second, "var")).isTrue();
                ByteArrayOutputStream twice = new ByteArrayOutputStream();
                LayerTar.write(second, twice);
                assertThat(twice.toByteArray()).isEqualTo(out.toByteArray());
            }
        }
    }

    @Test
    void aLaterEntryReplacesAnEarlierOne() throws IOException {
        unpack(archive()
                .file("a", "first")
                .file("a", "second")
                .directory("d", 0755)
                .file("d/x", "x")
                .file("d", "now a file")
                .symbolicLink("l", "/etc/passwd")
                .file("l", "no link"));

        assertThat(files.resolve("a")).hasContent("second");
        assertThat(files.resolve("d")).hasContent("now a file");
        assertThat(files.resolve("l")).hasContent("no link").isRegularFile();
    }

    @Test
    void aDirectoryOverAWhiteoutOfTheSameLayerHidesTheLowerOne() throws IOException {
        unpack(archive()
                .file(".wh.d", "")
                .directory("d", 0755)
                .file("d/x", "x")
                .file(".wh.e", "")
                .file("e/y", "y"));

        try (RootedDirectory root = RootedDirectory.open(files, RootedDirectory.Escape.REFUSED)) {
            assertThat(Whiteout.isOpaque(root, "d")).isTrue();
            assertThat(Whiteout.isOpaque(root, "e")).isTrue();
        }
    }

    static Stream<org.junit.jupiter.params.provider.Arguments> attacks() {
        return Stream.of(
                attack("../outside", archive().file("../outside", "evil")),
                attack("a/../../outside", archive().file("a/../../outside", "evil")),
                attack("/outside", archive().file("/outside", "evil")),
                attack("dir/outside", archive().symbolicLink("dir", "..").file("dir/outside", "evil")),
                attack(
                        "dir/x",
                        archive()
                                .directory("real", 0755)
                                .symbolicLink("dir", "real")
                                .file("dir/x", "evil")),
                attack("a/b/outside", archive().symbolicLink("a/b", "../..").file("a/b/outside", "evil")),
                attack("hard", archive().hardLink("hard", "../outside")),
                attack("hard", archive().hardLink("hard", "/etc/passwd")),
                attack("hard", archive().symbolicLink("dir", "..").hardLink("hard", "dir/outside")),
                attack("hard", archive().hardLink("hard", "missing")),
                attack("self", archive().file("self", "").hardLink("self", "self")),
                attack("dir/.wh.outside", archive().symbolicLink("dir", "..").file("dir/.wh.outside", "")),
                attack("dir/.wh..wh..opq", archive().symbolicLink("dir", "..").file("dir/.wh..wh..opq", "")),
                attack(".wh...", archive().file(".wh...", "")),
                attack(".wh..", archive().file(".wh..", "")),
                attack(".wh..wh..opq", archive().file(".wh..wh..opq", "")),
                attack("disk", archive().special("disk", TarEntry.Type.BLOCK_DEVICE, 8, 0)),
                attack("null", archive().special("null", TarEntry.Type.CHARACTER_DEVICE, 1, 3)),
                attack("forged", archive().special("forged", TarEntry.Type.CHARACTER_DEVICE, 0, 0)),
                attack(
                        "forged",
                        archive()
                                .fileWith(
                                        "forged",
                                        Map.of(
                                                "trusted.overlay.redirect",
                                                "/etc".getBytes(java.nio.charset.StandardCharsets.UTF_8)))),
                attack("file/x", archive().file("file", "").file("file/x", "evil")),
                attack("n".repeat(300), archive().file("n".repeat(300), "")));
    }

    private static org.junit.jupiter.params.provider.Arguments attack(String entry, Archive archive) {
        return org.junit.jupiter.params.provider.Arguments.of(entry, archive);
    }

    @ParameterizedTest(name = "{index}: {0}")
    @MethodSource("attacks")
    void hostileEntriesAreRefusedByName(String entry, Archive archive) throws IOException {
        assertThatThrownBy(() -> unpack(archive))
                .isInstanceOf(TarException.class)
                .hasMessageContaining("\"" + entry.substring(0, Math.min(entry.length(), 120)));

        assertThat(outside).hasContent("untouched");
        assertThat(Files.getLastModifiedTime(outside)).isEqualTo(FileTime.fromMillis(1000));
        try (Stream<Path> siblings = Files.list(directory)) {
            assertThat(siblings).containsExactlyInAnyOrder(files, outside);
        }
    }

    private void unpack(Archive archive) throws IOException {
        try (RootedDirectory root = RootedDirectory.open(files, RootedDirectory.Escape.REFUSED)) {
            new LayerUnpacker(root, LayerUnpacker.Kind.LAYER, LIMITS).unpack(archive.stream());
        }
    }

    /** A version 2 capability with cap_net_raw. */
    private static byte[] capability() {
        byte[] value = new byte[20];
        value[0] = 1;
        value[3] = 2;
        value[5] = 0x20;
        return value;
    }
}
