package dev.gantry.agent.volume;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.Descriptor;
import dev.gantry.linux.Errno;
import dev.gantry.linux.LinuxException;
import dev.gantry.linux.Mounts;
import dev.gantry.linux.OpenFlags;
import dev.gantry.linux.RootedDirectory;
import dev.gantry.linux.RootedDirectory.Escape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The kernel of this host. Stateless. */
public final class LinuxVolumeKernel implements VolumeKernel {
    @Override
    public void mountTmpfs(Path directory, long sizeBytes, int uid, int gid, int mode) throws IOException {
        if (isMountPoint(directory)) {
            return;
        }
        String size = sizeBytes > 0 ? "size=%d,".formatted(sizeBytes) : "";
        Mounts.mount(
                "gantry-memory",
                directory,
                "tmpfs",
                Mounts.NOSUID | Mounts.NODEV,
                "%smode=%o,uid=%s,gid=%s"
                        .formatted(size, mode, Integer.toUnsignedString(uid), Integer.toUnsignedString(gid)));
    }

    /** A directory whose device differs from its parent's is the root of a mount. */
    private static boolean isMountPoint(Path directory) throws IOException {
        Path parent = requireNonNull(directory.getParent(), "directory has no parent");
        return !Files.getAttribute(directory, "unix:dev", LinkOption.NOFOLLOW_LINKS)
                .equals(Files.getAttribute(parent, "unix:dev", LinkOption.NOFOLLOW_LINKS));
    }

    @Override
    public void unmount(Path directory) throws IOException {
        Mounts.unmount(directory, true);
    }

    @Override
    public Path resolveBeneath(Path root, String relative) throws IOException {
        try (RootedDirectory directory = RootedDirectory.open(root, Escape.CONTAINED)) {
            Descriptor opened;
            try {
                opened = directory.open(relative, OpenFlags.PATH, 0);
            } catch (LinuxException e) {
                if (!e.is(Errno.ENOENT)) {
                    throw e;
                }
                directory.mkdirs(relative, 0755);
                opened = directory.open(relative, OpenFlags.PATH, 0);
            }
            try (Descriptor file = opened) {
                return checkBeneath(realPath(directory.descriptor()), realPath(file), relative);
            }
        }
    }

    /** The kernel kept the descriptor beneath the root; a path that says otherwise was moved meanwhile, and is not followed. */
    private static Path checkBeneath(Path root, Path file, String relative) throws IOException {
        if (!file.startsWith(root)) {
            throw new IOException("it was moved out of the volume while it was opened: %s".formatted(relative));
        }
        return file;
    }

    private static Path realPath(Descriptor descriptor) throws IOException {
        return Files.readSymbolicLink(Path.of(descriptor.procPath()));
    }

    @Override
    public void deleteTree(Path tree) throws IOException {
        Path parent = requireNonNull(tree.getParent(), "tree has no parent");
        if (!Files.isDirectory(parent)) {
            return;
        }
        try (RootedDirectory directory = RootedDirectory.open(parent, Escape.REFUSED)) {
            directory.deleteTree(
                    requireNonNull(tree.getFileName(), "tree has no name").toString());
        }
    }
}
