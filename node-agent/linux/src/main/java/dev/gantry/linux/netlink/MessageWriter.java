package dev.gantry.linux.netlink;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Writes netlink messages one after the other into a growing buffer (netlink(7)): header, fixed part, attributes. Numbers are in the byte order of
 * the host unless a method says otherwise. Not safe for use by several threads.
 */
public final class MessageWriter {
    public static final int NLM_F_REQUEST = 1;
    public static final int NLM_F_ACK = 4;
    public static final int NLM_F_DUMP = 0x300;
    public static final int NLM_F_REPLACE = 0x100;
    public static final int NLM_F_EXCL = 0x200;
    public static final int NLM_F_CREATE = 0x400;
    public static final int NLM_F_APPEND = 0x800;
    public static final int NLA_F_NESTED = 0x8000;

    /** Length of a message's header. */
    public static final int HEADER = 16;

    private static final int MAX_ATTRIBUTE = 0xffff;

    private ByteBuffer buffer = ByteBuffer.allocate(1024).order(ByteOrder.nativeOrder());
    private int message = -1;

    /** Begins a message. It ends with the next one, or with {@link #toBytes}. */
    public MessageWriter begin(int type, int flags, int sequence) {
        end();
        message = buffer.position();
        return u32(0).u16(type).u16(flags | NLM_F_REQUEST).u32(sequence).u32(0);
    }

    private void end() {
        if (message >= 0) {
            buffer.putInt(message, buffer.position() - message);
            message = -1;
        }
    }

    public MessageWriter u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    public MessageWriter u16(int value) {
        room(2).putShort((short) value);
        return this;
    }

    public MessageWriter u32(int value) {
        room(4).putInt(value);
        return this;
    }

    public MessageWriter attribute(int type, byte[] value) {
        requireNonNull(value, "value is null");
        if (value.length > MAX_ATTRIBUTE - 4) {
            throw new IllegalArgumentException("An attribute holds at most 65,531 bytes, not " + value.length);
        }
        u16(4 + value.length).u16(type);
        room(value.length + 3).put(value);
        return align();
    }

    /** A NUL-terminated string. */
    public MessageWriter string(int type, String value) {
        return attribute(type, (value + "\0").getBytes(US_ASCII));
    }

    public MessageWriter u8(int type, int value) {
        return attribute(type, new byte[] {(byte) value});
    }

    public MessageWriter u32(int type, int value) {
        return u16(8).u16(type).u32(value);
    }

    /** A number in network byte order, as nfnetlink wants them. */
    public MessageWriter be32(int type, int value) {
        return u16(8).u16(type)
                .u32(ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value));
    }

    /** Begins a nested attribute. @return the mark to end it with */
    public int nest(int type) {
        int mark = buffer.position();
        u16(0).u16(type);
        return mark;
    }

    public MessageWriter endNest(int mark) {
        int length = buffer.position() - mark;
        if (length > MAX_ATTRIBUTE) {
            throw new IllegalStateException("A nested attribute holds at most 65,535 bytes, not " + length);
        }
        buffer.putShort(mark, (short) length);
        return this;
    }

    /** Bytes written so far. */
    public int size() {
        return buffer.position();
    }

    public byte[] toBytes() {
        end();
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    private MessageWriter align() {
        while (buffer.position() % 4 != 0) {
            buffer.put((byte) 0);
        }
        return this;
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            int capacity = Math.max(buffer.capacity() * 2, buffer.position() + bytes);
            buffer = ByteBuffer.wrap(Arrays.copyOf(buffer.array(), capacity))
                    .order(ByteOrder.nativeOrder())
                    .position(buffer.position());
        }
        return buffer;
    }
}
