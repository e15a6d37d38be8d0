package dev.gantry.agent.volume;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.volume.VolumeSource.EmptyDir;
import dev.gantry.agent.volume.VolumeSource.HostPath;
import dev.gantry.common.crash.CrashPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The volumes of this host's pods. Everything is idempotent and found again by its place: disk volumes lie at {@code DISK/<pod uid>/<volume>}, those in
 * memory at {@code MEMORY/<pod uid>/<volume>}.
 *
 * <p>Calls block on the file systems they touch. Safe for use by many threads, one at a time for each pod.
 */
public final class PodVolumes {
    private static final CrashPoint SET_UP = CrashPoint.of("volume.set-up");
    private static final CrashPoint MEMORY_FREED = CrashPoint.of("volume.memory-freed");
    private static final CrashPoint FREED = CrashPoint.of("volume.freed");

    private final Path disk;
    private final Path memory;
    private final VolumeKernel kernel;

    /**
     * @param disk directory for disk volumes; no symbolic links in its path
     * @param memory directory on tmpfs, for secrets and as mount points; as disk
     */
    public PodVolumes(Path disk, Path memory, VolumeKernel kernel) {
        this.disk = requireNonNull(disk, "disk is null");
        this.memory = requireNonNull(memory, "memory is null");
        this.kernel = requireNonNull(kernel, "kernel is null");
    }

    /**
     * Makes the volume unless it is there, and checks a host path. A files volume gets its files by {@link #writeFiles}.
     *
     * @throws VolumeException with a sentence for the pod's owner
     */
    public void setUp(String podUid, VolumeSource source, VolumeOwner owner) throws IOException {
        switch (source) {
            case EmptyDir emptyDir -> setUpEmptyDir(podUid, emptyDir, owner);
            case HostPath hostPath -> HostPaths.resolve(hostPath);
            case VolumeSource.Files files -> Files.createDirectories(directory(podUid, files));
        }
        SET_UP.reach();
    }

    private void setUpEmptyDir(String podUid, EmptyDir volume, VolumeOwner owner) throws IOException {
        Path directory = directory(podUid, volume);
        int mode = owner.fsGroup().isPresent() ? 02777 : 0777;
        if (volume.memory()) {
            Files.createDirectories(directory);
            kernel.mountTmpfs(directory, volume.sizeLimitBytes(), owner.uid(), owner.gid(), mode);
        } else if (!Files.isDirectory(directory)) {
            // made beside and renamed, so that it is there with its owner and mode or not at all
            Path beside = directory.resolveSibling("." + volume.name() + ".new");
            Files.createDirectories(beside);
            Ownership.apply(beside, owner, mode);
            Files.move(beside, directory, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** Swaps in these files, all at once; does nothing when they are there already. */
    public void writeFiles(String podUid, VolumeSource.Files volume, List<VolumeFile> files, VolumeOwner owner)
            throws IOException {
        new FilesVolume(volume.name(), directory(podUid, volume), owner).write(files);
    }

    /**
     * The host's path to mount into a container.
     *
     * @param subPath relative; empty for the whole volume
     */
    public Path mountSource(String podUid, VolumeSource source, String subPath) throws IOException {
        Path root = source instanceof HostPath hostPath ? HostPaths.resolve(hostPath) : directory(podUid, source);
        if (subPath.isEmpty()) {
            return root;
        }
        Path relative = Path.of(subPath);
        if (relative.isAbsolute() || relative.startsWith("..") || subPath.contains("/../") || subPath.endsWith("/..")) {
            throw new VolumeException(
                    "Sub-path '%s' of volume %s must be relative, without '..'".formatted(subPath, source.name()));
        }
        try {
            return kernel.resolveBeneath(root, subPath);
        } catch (IOException e) {
            throw new VolumeException(
                    "Can't open sub-path '%s' of volume %s: %s".formatted(subPath, source.name(), e.getMessage()), e);
        }
    }

    /** Frees every volume of a pod; host paths are left alone. Idempotent. No container of the pod may run. */
    public void tearDown(String podUid) throws IOException {
        freeMemory(memory.resolve(podUid));
        kernel.deleteTree(disk.resolve(podUid));
        FREED.reach();
    }

    /** Frees every pod's volumes in memory, as a reboot does; those on disk stay. No container may run. */
    public void freeMemory() throws IOException {
        for (Path pod : entries(memory)) {
            freeMemory(pod);
        }
    }

    private void freeMemory(Path inMemory) throws IOException {
        for (Path mountPoint : entries(inMemory)) {
            kernel.unmount(mountPoint);
        }
        kernel.deleteTree(inMemory);
        MEMORY_FREED.reach();
    }

    /** Frees the volumes of pods that are not in {@code podUids}: of those that died with an earlier agent. */
    public void tearDownAllBut(Collection<String> podUids) throws IOException {
        Set<String> found = new HashSet<>();
        for (Path root : List.of(disk, memory)) {
            entries(root).forEach(entry -> found.add(entry.getFileName().toString()));
        }
        found.removeAll(podUids);
        for (String podUid : found) {
            tearDown(podUid);
        }
    }

    private Path directory(String podUid, VolumeSource source) {
        boolean inMemory = switch (source) {
            case EmptyDir emptyDir -> emptyDir.memory();
            case VolumeSource.Files files -> files.secret();
            case HostPath hostPath -> false;
        };
        return (inMemory ? memory : disk).resolve(podUid).resolve(source.name());
    }

    private static List<Path> entries(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
