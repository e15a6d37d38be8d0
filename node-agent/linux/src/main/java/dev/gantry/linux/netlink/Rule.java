package dev.gantry.linux.netlink;

/**
 * A rule of the policy database (ip-rule(8)).
 *
 * @param table where it looks up
 * @param priority lower is asked first
 */
public record Rule(
        int priority, int table, String source, int sourcePrefix, String destination, int destinationPrefix) {
    private static final int FRA_DST = 1;
    private static final int FRA_SRC = 2;
    private static final int FRA_PRIORITY = 6;
    private static final int FRA_TABLE = 15;
    static final int FIXED = 12;

    /** @throws IllegalArgumentException when the message is malformed */
    static Rule parse(NetlinkMessage message) {
        Attributes attributes = message.attributes(FIXED);
        return new Rule(
                attributes.u32(FRA_PRIORITY, 0),
                attributes.u32(FRA_TABLE, message.body().get(4) & 0xff),
                attributes.ipv4(FRA_SRC),
                message.body().get(2) & 0xff,
                attributes.ipv4(FRA_DST),
                message.body().get(1) & 0xff);
    }
}
