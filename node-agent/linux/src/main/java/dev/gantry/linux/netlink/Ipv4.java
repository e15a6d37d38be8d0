package dev.gantry.linux.netlink;

/** IPv4 addresses as netlink wants them: four bytes in network order. Never asks a resolver. */
public final class Ipv4 {
    private Ipv4() {}

    /** @throws IllegalArgumentException unless it is four decimal numbers from 0 to 255 */
    public static byte[] parse(String address) {
        byte[] bytes = new byte[4];
        int at = 0;
        int value = -1;
        for (int i = 0; i <= address.length(); i++) {
            char c = i < address.length() ? address.charAt(i) : '.';
            if (c >= '0' && c <= '9') {
                value = value == 0 ? 256 : Math.max(value, 0) * 10 + (c - '0');
                if (value > 255) {
                    throw malformed(address);
                }
            } else if (c == '.' && value >= 0 && at < 4) {
                bytes[at++] = (byte) value;
                value = -1;
            } else {
                throw malformed(address);
            }
        }
        if (at != 4) {
            throw malformed(address);
        }
        return bytes;
    }

    public static String format(byte[] address) {
        return (address[0] & 0xff) + "." + (address[1] & 0xff) + "." + (address[2] & 0xff) + "." + (address[3] & 0xff);
    }

    private static IllegalArgumentException malformed(String address) {
        return new IllegalArgumentException("Not an IPv4 address: " + address);
    }
}
