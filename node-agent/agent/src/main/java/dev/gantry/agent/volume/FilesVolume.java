package dev.gantry.agent.volume;

import dev.gantry.common.crash.CrashPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A directory of files whose content changes all at once: the files lie in a directory of their own, {@code ..data} links to it, and each visible name
 * links through {@code ..data}. Renaming a new {@code ..data} over the old one swaps all files in one step; the layout is that of Kubernetes' kubelet,
 * which programs that watch their configuration know.
 *
 * <p>Containers mount the directory read-only, so that nothing in it moves but by this class. Not safe for concurrent use on one directory.
 */
final class FilesVolume {
    private static final CrashPoint WRITTEN = CrashPoint.of("volume.files-written");
    private static final CrashPoint SWAPPED = CrashPoint.of("volume.files-swapped");
    private static final CrashPoint LINKED = CrashPoint.of("volume.files-linked");

    private static final String DATA = "..data";

    private final String volume;
    private final Path directory;
    private final VolumeOwner owner;

    FilesVolume(String volume, Path directory, VolumeOwner owner) {
        this.volume = volume;
        this.directory = directory;
        this.owner = owner;
    }

    /** Makes these the files, unless they are already. Nothing visible changes when it fails. */
    void write(List<VolumeFile> files) throws IOException {
        for (VolumeFile file : files) {
            file.check(volume);
        }
        Files.createDirectories(directory);
        Ownership.apply(directory, owner, 0755);
        Path current = current();
        if (!Files.isDirectory(current) || !holds(current, files)) {
            Path next = Files.createTempDirectory(directory, "..v");
            try {
                fill(next, files);
            } catch (IOException e) {
                Trees.delete(next);
                throw new VolumeException(
                        "Can't write the files of volume %s: %s".formatted(volume, e.getMessage()), e);
            }
            WRITTEN.reach();
            Path link = directory.resolve("..data_tmp");
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, next.getFileName());
            Files.move(link, directory.resolve(DATA), StandardCopyOption.ATOMIC_MOVE);
            SWAPPED.reach();
        }
        link(files);
        LINKED.reach();
        deleteOthers();
    }

    private Path current() throws IOException {
        Path data = directory.resolve(DATA);
        return Files.isSymbolicLink(data)
                ? directory.resolve(Files.readSymbolicLink(data).getFileName())
                : data;
    }

    private boolean holds(Path data, List<VolumeFile> files) throws IOException {
        Set<String> expected = new TreeSet<>();
        for (VolumeFile file : files) {
            expected.add(file.path());
            Path path = data.resolve(file.path());
            if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                    || !Arrays.equals(Files.readAllBytes(path), file.content())
                    || !Files.getPosixFilePermissions(path).equals(permissions(mode(file)))) {
                return false;
            }
        }
        try (Stream<Path> walk = Files.walk(data)) {
            Set<String> found = new TreeSet<>();
            walk.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                    .forEach(path -> found.add(data.relativize(path).toString()));
            return found.equals(expected);
        }
    }

    private void fill(Path next, List<VolumeFile> files) throws IOException {
        Ownership.apply(next, owner, 0755);
        for (VolumeFile file : files) {
            Path path = next.resolve(file.path());
            for (Path parent : parents(next, path)) {
                if (!Files.isDirectory(parent)) {
                    Files.createDirectory(parent);
                    Ownership.apply(parent, owner, 0755);
                }
            }
            Files.write(path, file.content());
            Ownership.apply(path, owner, mode(file));
        }
    }

    /** The group must be able to read what it owns, as with Kubernetes' fsGroup. */
    private int mode(VolumeFile file) {
        return owner.fsGroup().isPresent() ? file.mode() | 0440 : file.mode();
    }

    private static List<Path> parents(Path root, Path path) {
        Path relative = root.relativize(path);
        return Stream.iterate(1, count -> count < relative.getNameCount(), count -> count + 1)
                .map(count -> root.resolve(relative.subpath(0, count)))
                .toList();
    }

    private void link(List<VolumeFile> files) throws IOException {
        Set<String> names = new TreeSet<>();
        for (VolumeFile file : files) {
            names.add(Path.of(file.path()).getName(0).toString());
        }
        for (String name : names) {
            Path link = directory.resolve(name);
            if (!Files.isSymbolicLink(link)) {
                Files.createSymbolicLink(link, Path.of(DATA, name));
            }
        }
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                if (!name.startsWith("..") && !names.contains(name)) {
                    Files.delete(entry);
                }
            }
        }
    }

    private void deleteOthers() throws IOException {
        Path current = current();
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                if (name.startsWith("..") && !name.equals(DATA) && !entry.equals(current)) {
                    Trees.delete(entry);
                }
            }
        }
    }

    static Set<PosixFilePermission> permissions(int mode) {
        PosixFilePermission[] bits = {
            PosixFilePermission.OTHERS_EXECUTE,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.OWNER_EXECUTE,
            PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.OWNER_READ
        };
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int bit = 0; bit < bits.length; bit++) {
            if ((mode & (1 << bit)) != 0) {
                permissions.add(bits[bit]);
            }
        }
        return permissions;
    }
}
