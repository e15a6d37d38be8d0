package dev.gantry.linux.launcher;

import dev.gantry.linux.Descriptor;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the control socket of a launcher: {@code control.h} in {@code src/main/c} has the same numbers. One thread may read while others write.
 */
public final class LauncherConnection implements AutoCloseable {
    private static final int VERSION = 1;
    private static final int HELLO = 1;
    private static final int STDIN = 2;
    private static final int STDIN_END = 3;
    private static final int RESIZE = 4;
    private static final int SIGNAL = 5;
    private static final int WELCOME = 17;
    private static final int STDOUT = 18;
    private static final int STDERR = 19;
    private static final int EXIT = 20;

    private static final int WANTS_OUTPUT = 1;
    private static final int WANTS_STDIN = 2;
    private static final int MAX_INPUT = 8192;
    private static final int MAX_FRAME = 65536;

    private final SocketChannel channel;
    private final Object writing = new Object();
    private volatile @Nullable Ended ended;

    private LauncherConnection(SocketChannel channel) {
        this.channel = channel;
    }

    /**
     * Connects. Output that comes from now on is read here.
     *
     * @param runDirectory of the launcher
     * @throws IOException when the launcher has gone, or speaks another version
     */
    public static LauncherConnection open(Descriptor runDirectory, boolean output, boolean stdin) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        LauncherConnection connection = new LauncherConnection(channel);
        boolean open = false;
        try {
            // through the descriptor: a run directory may have a longer path than the 108 bytes of an address
            channel.connect(UnixDomainSocketAddress.of(runDirectory.procPath() + "/control"));
            connection.send(
                    HELLO,
                    buffer(8)
                            .putInt(VERSION)
                            .putInt((output ? WANTS_OUTPUT : 0) | (stdin ? WANTS_STDIN : 0))
                            .flip());
            ByteBuffer head = connection.receive(8);
            if (head.getInt() != WELCOME
                    || head.getInt() != 4
                    || connection.receive(4).getInt() != VERSION) {
                throw new IOException("The launcher speaks another version of the control protocol than " + VERSION);
            }
            open = true;
            return connection;
        } finally {
            if (!open) {
                channel.close();
            }
        }
    }

    /** Output of the process. */
    public record Output(boolean stderr, byte[] data) {}

    /** The next output; null at its end, after which {@link #ended} tells how the process ended, unless the launcher was killed. */
    public @Nullable Output read() throws IOException {
        while (true) {
            ByteBuffer head;
            try {
                head = receive(8);
            } catch (EOFException e) {
                return null;
            }
            int type = head.getInt();
            int length = head.getInt();
            if (length < 0 || length > MAX_FRAME) {
                throw new IOException("The launcher sent a frame of %s bytes".formatted(length));
            }
            byte[] payload = new byte[length];
            receive(length).get(payload);
            switch (type) {
                case STDOUT -> {
                    return new Output(false, payload);
                }
                case STDERR -> {
                    return new Output(true, payload);
                }
                case EXIT -> ended = Ended.parse(new String(payload, StandardCharsets.US_ASCII));
                default -> throw new IOException("The launcher sent a frame of the unknown type " + type);
            }
        }
    }

    /** How the process ended; known once {@link #read} has said null. */
    public Optional<Ended> ended() {
        return Optional.ofNullable(ended);
    }

    /** Blocks while the process takes no input. */
    public void writeStdin(byte[] data, int offset, int length) throws IOException {
        for (int done = 0; done < length; done += MAX_INPUT) {
            send(STDIN, ByteBuffer.wrap(data, offset + done, Math.min(MAX_INPUT, length - done)));
        }
    }

    public void closeStdin() throws IOException {
        send(STDIN_END, ByteBuffer.allocate(0));
    }

    public void resize(int columns, int rows) throws IOException {
        send(RESIZE, buffer(4).putShort((short) columns).putShort((short) rows).flip());
    }

    public void signal(int number) throws IOException {
        send(SIGNAL, buffer(4).putInt(number).flip());
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void send(int type, ByteBuffer payload) throws IOException {
        ByteBuffer frame = buffer(8 + payload.remaining())
                .putInt(type)
                .putInt(payload.remaining())
                .put(payload)
                .flip();
        synchronized (writing) {
            while (frame.hasRemaining()) {
                channel.write(frame);
            }
        }
    }

    private ByteBuffer receive(int length) throws IOException {
        ByteBuffer buffer = buffer(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("The launcher closed the connection");
            }
        }
        return buffer.flip();
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }
}
