package dev.gantry.cli.build;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BuildContextTest {
    @TempDir
    private Path folder;

    @Test
    void whatIsIgnoredNeverLeaves() throws IOException {
        Files.writeString(folder.resolve("Dockerfile"), "FROM scratch\n");
        Files.writeString(folder.resolve(".dockerignore"), "Dockerfile\nsecret\n**/*.tmp\n");
        Files.createDirectories(folder.resolve("secret"));
        Files.writeString(folder.resolve("secret/key"), "x");
        Files.createDirectories(folder.resolve("bin"));
        Path run = Files.writeString(folder.resolve("bin/run"), "#!/bin/sh\n");
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwxr-x--x"));
        Files.writeString(folder.resolve("bin/a.tmp"), "x");
        Files.createSymbolicLink(folder.resolve("link"), Path.of("../outside"));
        Map<String, TarArchiveEntry> entries = entries();
        assertThat(entries.keySet()).containsExactly(".dockerignore", "Dockerfile", "bin/", "bin/run", "link");
        assertThat(requireNonNull(entries.get("bin/run")).getMode() & 07777).isEqualTo(0751);
        assertThat(requireNonNull(entries.get("link")).getLinkName()).isEqualTo("../outside");
    }

    @Test
    void longNamesAndUnicodeArrive() throws IOException {
        Path deep = folder.resolve("d".repeat(120)).resolve("ä".repeat(60));
        Files.createDirectories(deep);
        Files.writeString(deep.resolve("file"), "x");
        assertThat(entries()).containsKey("d".repeat(120) + "/" + "ä".repeat(60) + "/file");
    }

    private Map<String, TarArchiveEntry> entries() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new BuildContext(folder, "Dockerfile").write(bytes);
        Map<String, TarArchiveEntry> entries = new TreeMap<>();
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new ByteArrayInputStream(bytes.toByteArray()), "UTF-8")) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                entries.put(entry.getName(), entry);
            }
        }
        return entries;
    }
}
