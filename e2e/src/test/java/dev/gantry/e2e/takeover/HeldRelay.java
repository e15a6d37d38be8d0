package dev.gantry.e2e.takeover;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A network between a client and a server that can keep what the server has sent, in order, until it is let go. */
final class HeldRelay implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;

    private final InetSocketAddress address;
    private final InetSocketAddress target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private ServerSocket listening;
    private boolean holding;
    private long heldBytes;

    HeldRelay(InetSocketAddress address, InetSocketAddress target) throws IOException {
        this.address = address;
        this.target = target;
        this.listening = listen();
    }

    /** host:port, for clients. */
    String address() {
        return "%s:%d".formatted(address.getHostString(), address.getPort());
    }

    /** From now on the address refuses connections, as when nobody listens there; those that are open stay so. */
    synchronized void refuseConnections() throws IOException {
        listening.close();
    }

    synchronized void acceptConnections() throws IOException {
        listening = listen();
    }

    /** From now on nothing that the server sends arrives. */
    synchronized void hold() {
        holding = true;
        heldBytes = 0;
    }

    synchronized void release() {
        holding = false;
        notifyAll();
    }

    /** What has been sent and has not arrived, as far as it fits the buffers of this relay. */
    synchronized long heldBytes() {
        return heldBytes;
    }

    @Override
    public void close() throws IOException {
        refuseConnections();
        release();
        for (Socket socket : open) {
            socket.close();
        }
    }

    private ServerSocket listen() throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.bind(address);
        Thread.ofPlatform().daemon().name("relay").start(() -> accept(socket));
        return socket;
    }

    private void accept(ServerSocket socket) {
        try {
            while (true) {
                connect(socket.accept());
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void connect(Socket client) throws IOException {
        Socket server = new Socket();
        try {
            server.connect(target);
        } catch (IOException e) {
            client.close(); // nobody is there yet
            return;
        }
        open.add(client);
        open.add(server);
        Thread.ofPlatform().daemon().name("relay-up").start(() -> copy(client, server, false));
        Thread.ofPlatform().daemon().name("relay-down").start(() -> copy(server, client, true));
    }

    private void copy(Socket from, Socket to, boolean down) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (from;
                to;
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (down) {
                    awaitReleased(read);
                }
                out.write(buffer, 0, read);
            }
        } catch (IOException | InterruptedException e) {
            // either end is gone: so is the other
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private synchronized void awaitReleased(int bytes) throws InterruptedException {
        if (holding) {
            heldBytes += bytes;
        }
        while (holding) {
            wait();
        }
    }
}
