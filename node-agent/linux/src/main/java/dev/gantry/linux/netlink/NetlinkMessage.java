package dev.gantry.linux.netlink;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One message of a reply (netlink(7)). Parsing checks every length before it is used: whatever the bytes are, the result is messages or an
 * {@link IllegalArgumentException}.
 *
 * @param payload what follows the header
 */
public record NetlinkMessage(int type, int flags, int sequence, byte[] payload) {
    static final int NLMSG_ERROR = 2;
    static final int NLMSG_DONE = 3;
    static final int NLM_F_CAPPED = 0x100;
    static final int NLM_F_ACK_TLVS = 0x200;
    static final int NLM_F_DUMP_INTR = 0x10;
    private static final int NLMSGERR_ATTR_MSG = 1;

    public NetlinkMessage {
        requireNonNull(payload, "payload is null");
    }

    /**
     * Splits one datagram into its messages.
     *
     * @throws IllegalArgumentException when a length doesn't fit
     */
    public static List<NetlinkMessage> parse(byte[] datagram, int length) {
        ByteBuffer in = ByteBuffer.wrap(datagram, 0, length).order(ByteOrder.nativeOrder());
        List<NetlinkMessage> messages = new ArrayList<>();
        while (in.remaining() >= MessageWriter.HEADER) {
            int start = in.position();
            int size = in.getInt(start);
            if (size < MessageWriter.HEADER || size > in.remaining()) {
                throw new IllegalArgumentException("A netlink message of %s bytes does not fit in the %s that are left"
                        .formatted(size, in.remaining()));
            }
            messages.add(new NetlinkMessage(
                    in.getShort(start + 4) & 0xffff,
                    in.getShort(start + 6) & 0xffff,
                    in.getInt(start + 8),
                    Arrays.copyOfRange(datagram, start + MessageWriter.HEADER, start + size)));
            in.position(start + Math.min(aligned(size), in.remaining()));
        }
        return messages;
    }

    /** The payload, in the byte order of the host. */
    public ByteBuffer body() {
        return ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder());
    }

    /**
     * The attributes after a fixed part.
     *
     * @param fixed bytes of the fixed part
     * @throws IllegalArgumentException when the payload is shorter than that, or an attribute's length doesn't fit
     */
    public Attributes attributes(int fixed) {
        if (payload.length < fixed) {
            throw new IllegalArgumentException("A netlink message of type %s has %s bytes, expected at least %s"
                    .formatted(type, payload.length, fixed));
        }
        return Attributes.parse(payload, aligned(fixed), payload.length);
    }

    boolean isError() {
        return type == NLMSG_ERROR;
    }

    boolean isDone() {
        return type == NLMSG_DONE;
    }

    /** The error of an acknowledgement (positive), or 0; of a dump's end, too. */
    int errno() {
        return payload.length < 4 ? 0 : -body().getInt(0);
    }

    /** What the kernel says of an error, or an empty string. */
    String errorDetail() {
        if (!isError() || (flags & NLM_F_ACK_TLVS) == 0 || payload.length < 20) {
            return "";
        }
        int echoed = (flags & NLM_F_CAPPED) != 0 ? MessageWriter.HEADER : body().getInt(4);
        if (echoed < 0 || echoed > payload.length - 4) {
            return "";
        }
        try {
            byte[] text = Attributes.parse(payload, aligned(4 + echoed), payload.length)
                    .bytes(NLMSGERR_ATTR_MSG);
            return text.length == 0 ? "" : text(text);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    static String text(byte[] nulTerminated) {
        int length = 0;
        while (length < nulTerminated.length && nulTerminated[length] != 0) {
            length++;
        }
        return new String(nulTerminated, 0, length, UTF_8);
    }

    static int aligned(int length) {
        return (length + 3) & ~3;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NetlinkMessage that
                && type == that.type
                && flags == that.flags
                && sequence == that.sequence
                && Arrays.equals(payload, that.payload);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * type + sequence) + Arrays.hashCode(payload);
    }

    @Override
    public String toString() {
        return "NetlinkMessage[type=%s, sequence=%s, %s bytes]".formatted(type, sequence, payload.length);
    }
}
