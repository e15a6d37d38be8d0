package dev.gantry.agent.container;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Runs containers on this host. A container outlives the agent: its launcher is its parent. Calls may block on the kernel and are made from virtual
 * threads; native work goes to the runtime's own pools. Every method is idempotent, since the agent can die between any two of them.
 */
public interface ContainerRuntime {
    /**
     * Starts a container and returns once its process has executed (the launcher reports a successful exec).
     *
     * @return the running container; the same one when {@code config.id()} runs already
     * @throws ContainerException with a reason and a sentence for the user; nothing is left behind
     */
    Container start(ContainerConfig config) throws ContainerException;

    /**
     * Every container whose state is on this host, running or exited: what a new agent adopts. Containers of an earlier boot come back as exited with
     * {@link ExitRecord.Cause#REBOOT}.
     */
    List<Container> adopt() throws IOException;

    Optional<Container> find(String id);

    /** Removes everything of containers whose ids are not in {@code keep}: processes, cgroups, directories. Used after adoption. */
    void removeAllBut(Collection<String> keep) throws IOException;

    /** One container. */
    interface Container {
        ContainerConfig config();

        /** Host pid of its first process; its start time makes it unambiguous. */
        int pid();

        long startedAtMillis();

        /** Empty while it runs. */
        Optional<ExitRecord> exit();

        /** Called once, at once if it has exited already; on a thread of the runtime's, which must not be blocked. */
        void onExit(java.util.function.Consumer<ExitRecord> listener);

        /** Sends a signal to the first process; nothing happens when it is gone. */
        void signal(int signal) throws IOException;

        /** Kills every process in the container. */
        void kill() throws IOException;

        void pause() throws IOException;

        void resume() throws IOException;

        /** Runs a process inside; stops it when the returned process is closed before it ended. */
        ExecProcess exec(ExecConfig exec) throws ContainerException;

        /** Joins the terminal or the pipes of the first process. Several may be attached at once. */
        AttachedStreams attach(boolean stdin) throws ContainerException;

        /** CPU, memory and process figures from its cgroup. */
        ResourceUsage usage() throws IOException;

        /**
         * Frees everything of an exited container but its log, its exit record, and its writable layer if that is kept. Idempotent.
         *
         * @param keepWritableLayer whether a later start with the same layer directory finds its files
         */
        void remove(boolean keepWritableLayer) throws IOException;
    }

    /** Streams of a running process. Reading blocks; closing detaches and, for an exec, kills. */
    interface AttachedStreams extends AutoCloseable {
        /** Null at the end of all output. Never empty. */
        @org.jspecify.annotations.Nullable
        OutputChunk read() throws IOException;

        void writeStdin(byte[] data, int offset, int length) throws IOException;

        void closeStdin() throws IOException;

        void resize(int columns, int rows) throws IOException;

        @Override
        void close();
    }

    interface ExecProcess extends AttachedStreams {
        /** Waits for the end; empty when it didn't come in time. */
        Optional<ExitRecord> waitFor(Duration timeout) throws InterruptedException;
    }

    record OutputChunk(boolean stderr, byte[] data) {}

    record ResourceUsage(long cpuNanos, long memoryBytes, long processes) {}
}
