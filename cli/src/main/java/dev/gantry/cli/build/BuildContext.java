package dev.gantry.cli.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.cli.Failure;
import dev.gantry.common.ignore.DockerIgnore;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** A folder as the tar stream of a build's context: what {@code .dockerignore} leaves out never leaves the machine. */
final class BuildContext {
    private final Path root;
    private final DockerIgnore ignore;
    private final String dockerfile;

    /** @param dockerfile relative to the root; sent even when it is ignored, as the builder needs it */
    BuildContext(Path root, String dockerfile) throws IOException {
        this.root = root;
        this.dockerfile = dockerfile;
        Path own = root.resolve(dockerfile + ".dockerignore");
        Path file = Files.exists(own) ? own : root.resolve(".dockerignore");
        this.ignore = Files.exists(file) ? parse(file) : DockerIgnore.none();
    }

    private static DockerIgnore parse(Path file) throws IOException {
        try {
            return DockerIgnore.parse(Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw new Failure("%s: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** Writes the whole context. Sockets, FIFOs and devices are left out, as Docker does. */
    void write(OutputStream out) throws IOException {
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out, UTF_8.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            tar.setAddPaxHeadersForNonAsciiNames(true);
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
                        throws IOException {
                    String name = name(folder);
                    if (name.isEmpty()) {
                        return FileVisitResult.CONTINUE;
                    }
                    if (ignore.isIgnored(name)) {
                        boolean needed = ignore.hasExceptions() || dockerfile.startsWith(name + "/");
                        return needed ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
                    }
                    put(tar, folder, name + "/", attributes);
                    tar.closeArchiveEntry();
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    String name = name(file);
                    if (!attributes.isOther() && (name.equals(dockerfile) || !ignore.isIgnored(name))) {
                        add(tar, file, name, attributes);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (ignore.isIgnored(name(file))) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw new Failure(
                            "cannot read %s, which is part of the build's context: %s. List it in .dockerignore if the build doesn't need it"
                                    .formatted(file, e.getMessage()),
                            e);
                }
            });
        }
    }

    private void add(TarArchiveOutputStream tar, Path file, String name, BasicFileAttributes attributes)
            throws IOException {
        if (attributes.isSymbolicLink()) {
            TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
            entry.setLinkName(Files.readSymbolicLink(file).toString());
            tar.putArchiveEntry(entry);
            tar.closeArchiveEntry();
            return;
        }
        put(tar, file, name, attributes);
        Files.copy(file, tar);
        tar.closeArchiveEntry();
    }

    private static void put(TarArchiveOutputStream tar, Path file, String name, BasicFileAttributes attributes)
            throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode((int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777);
        entry.setModTime(attributes.lastModifiedTime());
        entry.setUserId(0L);
        entry.setGroupId(0L);
        if (attributes.isRegularFile()) {
            entry.setSize(attributes.size());
        }
        tar.putArchiveEntry(entry);
    }

    private String name(Path path) {
        return root.relativize(path).toString().replace('\\', '/');
    }
}
