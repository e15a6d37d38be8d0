package dev.gantry.agent.container;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Another user of the host at a local socket: prints whether it could connect, and whether it was let in. A process of its own, with no class but this. */
final class ForeignClient {
    private ForeignClient() {}

    public static void main(String[] arguments) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(arguments[0]))) {
            System.out.println(isTurnedAway(channel) ? "turned away" : "let in");
        } catch (IOException e) {
            System.out.println("no way: " + e.getMessage());
        }
    }

    private static boolean isTurnedAway(SocketChannel channel) {
        try {
            return channel.read(ByteBuffer.allocate(64)) < 0;
        } catch (IOException e) {
            return true;
        }
    }
}
