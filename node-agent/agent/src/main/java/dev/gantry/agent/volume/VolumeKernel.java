package dev.gantry.agent.volume;

import java.io.IOException;
import java.nio.file.Path;

/** What volumes need of the kernel. Calls may block, for ever on a dead network file system; callers give them threads of their own. */
public interface VolumeKernel {
    /**
     * Mounts a tmpfs, unless one is mounted there.
     *
     * @param sizeBytes 0 for the kernel's default, half of the memory
     * @param uid of its root directory
     * @param gid as uid
     * @param mode as uid; permission bits, 02000 for the set-group-id bit
     */
    void mountTmpfs(Path directory, long sizeBytes, int uid, int gid, int mode) throws IOException;

    /** Unmounts, lazily if need be. Idempotent. */
    void unmount(Path directory) throws IOException;

    /**
     * The real path of {@code relative} beneath {@code root}, however symbolic links in it are swapped meanwhile: it is resolved by descriptor and never
     * leaves {@code root}. Missing directories are made.
     *
     * @return a path without symbolic links; whoever opens it must refuse links on the way
     */
    Path resolveBeneath(Path root, String relative) throws IOException;

    /** Deletes a file or a tree, however deep, following no link. Idempotent. */
    void deleteTree(Path tree) throws IOException;
}
