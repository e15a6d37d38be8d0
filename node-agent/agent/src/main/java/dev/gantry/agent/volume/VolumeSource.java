package dev.gantry.agent.volume;

import static java.util.Objects.requireNonNull;

/** Where the content of a volume comes from. Names are DNS labels: callers have checked them. */
public sealed interface VolumeSource {
    String name();

    /**
     * A directory that lives as long as the pod.
     *
     * @param memory on tmpfs
     * @param sizeLimitBytes 0 for no limit of its own
     */
    record EmptyDir(String name, boolean memory, long sizeLimitBytes) implements VolumeSource {
        public EmptyDir {
            requireNonNull(name, "name is null");
        }
    }

    /** @param path absolute */
    record HostPath(String name, String path, HostPathKind kind) implements VolumeSource {
        public HostPath {
            requireNonNull(name, "name is null");
            requireNonNull(path, "path is null");
            requireNonNull(kind, "kind is null");
        }
    }

    /** @param secret kept in memory only */
    record Files(String name, boolean secret) implements VolumeSource {
        public Files {
            requireNonNull(name, "name is null");
        }
    }

    /** What must be at a host path, and what is made when it is missing. */
    enum HostPathKind {
        ANY,
        DIRECTORY_OR_CREATE,
        DIRECTORY,
        FILE_OR_CREATE,
        FILE,
        SOCKET,
        CHARACTER_DEVICE,
        BLOCK_DEVICE
    }
}
