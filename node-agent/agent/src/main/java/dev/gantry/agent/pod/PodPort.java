package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.container.ContainerRuntime.OutputChunk;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a port of a pod's loopback address, where also what listens for the pod's own containers only is reached. The socket is of the pod's
 * network namespace, since the thread that makes it is; whoever uses it need not be.
 */
final class PodPort implements ContainerRuntime.AttachedStreams {
    private static final int CHUNK = 64 * 1024;
    private static final int CONNECT_MILLIS = 5_000;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final SocketChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(CHUNK);

    private PodPort(SocketChannel channel) {
        this.channel = channel;
    }

    /** @param networkNamespace path to the pod's; empty for the host's */
    static PodPort connect(String networkNamespace, int port) throws IOException {
        if (port < 1 || port > 65_535) {
            throw new IOException("a port is a number of 1 to 65535");
        }
        if (networkNamespace.isEmpty()) {
            return open(port);
        }
        try (NetworkNamespace namespace = NetworkNamespace.open(Path.of(networkNamespace))) {
            return namespace.call(() -> open(port));
        }
    }

    private static PodPort open(int port) throws IOException {
        SocketChannel channel = SocketChannel.open();
        boolean connected = false;
        try {
            channel.socket().connect(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port), CONNECT_MILLIS);
            connected = true;
            return new PodPort(channel);
        } finally {
            if (!connected) {
                channel.close();
            }
        }
    }

    @Override
    public @Nullable OutputChunk read() throws IOException {
        buffer.clear();
        int read = channel.read(buffer);
        return read < 0 ? null : new OutputChunk(false, Arrays.copyOf(buffer.array(), read));
    }

    @Override
    public void writeStdin(byte[] data, int offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(data, offset, length);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    @Override
    public void closeStdin() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void resize(int columns, int rows) {
        // no terminal
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // the connection is gone either way
        }
    }
}
