package dev.gantry.agent.container;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.launcher.LauncherConnection;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The streams of a process through its launcher's control socket. */
class LauncherStreams implements ContainerRuntime.AttachedStreams {
    private static final Logger LOG = LoggerFactory.getLogger(LauncherStreams.class);

    private final LauncherConnection connection;

    LauncherStreams(LauncherConnection connection) {
        this.connection = requireNonNull(connection, "connection is null");
    }

    final LauncherConnection connection() {
        return connection;
    }

    @Override
    public ContainerRuntime.@Nullable OutputChunk read() throws IOException {
        try {
            LauncherConnection.Output output = connection.read();
            return output == null ? null : new ContainerRuntime.OutputChunk(output.stderr(), output.data());
        } catch (ClosedChannelException e) {
            return null;
        }
    }

    @Override
    public void writeStdin(byte[] data, int offset, int length) throws IOException {
        connection.writeStdin(data, offset, length);
    }

    @Override
    public void closeStdin() throws IOException {
        connection.closeStdin();
    }

    @Override
    public void resize(int columns, int rows) throws IOException {
        connection.resize(columns, rows);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (IOException e) {
            LOG.debug("Closing a launcher's control connection failed", e);
        }
    }
}
