package dev.gantry.linux;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * The one process of a host that keeps pods' namespaces alive while no process of the pod runs. It outlives the agent: a new agent opens the same holder and finds
 * every namespace by its name. Safe for use by many threads; calls take a few milliseconds, on threads of their own.
 *
 * <p>{@code LauncherNamespaceHolder.open(Path directory)} gives the real one; the directory is the same for every agent of the host, beneath /run.
 */
public interface NamespaceHolder extends AutoCloseable {
    /** Size of a pod's /dev/shm in bytes: that of Docker and containerd. Who needs more mounts a volume in memory there. */
    long SHARED_MEMORY_BYTES = 64L << 20;

    /**
     * Makes a network, an ipc and a uts namespace, and with {@code userBase} a user namespace that owns them, all in one clone (a network namespace made beforehand would
     * forbid sysfs and raw sockets inside); and a tmpfs that will be /dev/shm of every container that is to share these. The same ones when the name is taken.
     *
     * @param name at most 63 letters, digits, dots, underscores and hyphens: a pod uid, or a name of a pool
     * @param userBase first host id of the 65,536 that the user namespace maps to 0 and up; 0 for no user namespace
     * @throws IOException when it could not be made, or the name is taken with another {@code userBase}
     */
    PodNamespaces create(String name, int userBase) throws IOException;

    /** A base that no held namespace uses: a multiple of 65,536, from 2^30. */
    int freeUserBase() throws IOException;

    Optional<PodNamespaces> find(String name) throws IOException;

    List<PodNamespaces> list() throws IOException;

    /** Gives the namespaces a new name: how one of a pool becomes a pod's. An error if the new name is taken. */
    PodNamespaces rename(String name, String newName) throws IOException;

    /** Lets go of the namespaces, which end with their last process. Idempotent. */
    void release(String name) throws IOException;

    /** Ends the holder process; every namespace without a process ends. For taking Gantry off a host. */
    void shutDown() throws IOException;

    /** Closes the connection. The holder and the namespaces live on. */
    @Override
    void close();

    /**
     * @param networkPath opens the network namespace, from this process or a launcher, while the holder lives: {@code /proc/PID/fd/N}
     * @param userPath empty without a user namespace
     * @param sharedMemoryPath for {@code LaunchSpec.Text.SHARED_MEMORY}; in no mount namespace but the holder's
     * @param userBase 0 without a user namespace
     */
    record PodNamespaces(
            String name,
            String networkPath,
            String ipcPath,
            String utsPath,
            String userPath,
            String sharedMemoryPath,
            int userBase) {}
}
