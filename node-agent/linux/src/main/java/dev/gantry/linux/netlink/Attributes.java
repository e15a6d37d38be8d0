package dev.gantry.linux.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The attributes of a message or of a nested attribute, by type. Where a type comes twice, the last one counts. */
public final class Attributes {
    private static final byte[] NONE = {};

    private final Map<Integer, byte[]> values;

    private Attributes(Map<Integer, byte[]> values) {
        this.values = values;
    }

    /** @throws IllegalArgumentException when a length doesn't fit */
    static Attributes parse(byte[] data, int from, int to) {
        Map<Integer, byte[]> values = new HashMap<>();
        ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.nativeOrder());
        int at = from;
        while (to - at >= 4) {
            int length = in.getShort(at) & 0xffff;
            int type = in.getShort(at + 2) & 0x3fff;
            if (length < 4 || length > to - at) {
                throw new IllegalArgumentException(
                        "A netlink attribute of %s bytes does not fit in the %s that are left"
                                .formatted(length, to - at));
            }
            values.put(type, Arrays.copyOfRange(data, at + 4, at + length));
            at += NetlinkMessage.aligned(length);
        }
        return new Attributes(values);
    }

    public boolean has(int type) {
        return values.containsKey(type);
    }

    /** The raw value; empty when absent. */
    public byte[] bytes(int type) {
        return values.getOrDefault(type, NONE);
    }

    /** A string up to its NUL; empty when absent. */
    public String string(int type) {
        return NetlinkMessage.text(bytes(type));
    }

    /** A 32-bit number of the host's byte order; the default when absent or too short. */
    public int u32(int type, int absent) {
        byte[] value = bytes(type);
        return value.length < 4
                ? absent
                : ByteBuffer.wrap(value).order(ByteOrder.nativeOrder()).getInt();
    }

    /** A 16-bit number in network byte order; the default when absent or too short. */
    public int be16(int type, int absent) {
        byte[] value = bytes(type);
        return value.length < 2 ? absent : ByteBuffer.wrap(value).getShort() & 0xffff;
    }

    /** An 8-bit number; the default when absent. */
    public int u8(int type, int absent) {
        byte[] value = bytes(type);
        return value.length < 1 ? absent : value[0] & 0xff;
    }

    /** Dotted, or empty when absent or not of IPv4. */
    public String ipv4(int type) {
        byte[] value = bytes(type);
        return value.length == 4 ? Ipv4.format(value) : "";
    }

    /** A nested attribute's own; none when absent. */
    public Attributes nested(int type) {
        byte[] value = bytes(type);
        return parse(value, 0, value.length);
    }
}
