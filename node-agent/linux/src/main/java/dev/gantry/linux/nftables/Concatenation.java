package dev.gantry.linux.nftables;

import dev.gantry.linux.netlink.Ipv4;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Writes the parts of a key or value as the kernel compares them: each padded to four bytes, in a register's byte order. */
public final class Concatenation {
    private ByteBuffer buffer = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());

    public Concatenation address(String ipv4) {
        room().put(Ipv4.parse(ipv4));
        return this;
    }

    /** A transport protocol's number (inet_proto). */
    public Concatenation protocol(int number) {
        room().put((byte) number).put((byte) 0).put((byte) 0).put((byte) 0);
        return this;
    }

    /** A port (inet_service), in network byte order. */
    public Concatenation port(int port) {
        room().put((byte) (port >> 8)).put((byte) port).put((byte) 0).put((byte) 0);
        return this;
    }

    /** A number in the host's byte order, as {@code numgen} and {@code jhash} yield. */
    public Concatenation number(int number) {
        room().putInt(number);
        return this;
    }

    public byte[] toBytes() {
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    private ByteBuffer room() {
        if (buffer.remaining() < 4) {
            buffer = ByteBuffer.wrap(Arrays.copyOf(buffer.array(), buffer.capacity() * 2))
                    .order(ByteOrder.nativeOrder())
                    .position(buffer.position());
        }
        return buffer;
    }
}
