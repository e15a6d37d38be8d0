package dev.gantry.linux.netlink;

import static java.util.Objects.requireNonNull;

/**
 * An IPv4 route.
 *
 * @param destination network address; {@code 0.0.0.0} for a default route
 * @param prefix its length in bits
 * @param link index of the outgoing link; 0 for none (unreachable, several next hops)
 * @param gateway empty when the destination is on the link
 * @param source preferred source address; empty for the kernel's choice
 * @param table such as {@link #MAIN}
 * @param protocol who made it (rtnetlink(7)); a number of one's own finds one's own again
 * @param scope {@link #SCOPE_UNIVERSE} or {@link #SCOPE_LINK}
 * @param mtu bytes; 0 for the link's
 */
public record Route(
        String destination,
        int prefix,
        int link,
        String gateway,
        String source,
        int table,
        int protocol,
        int scope,
        int mtu) {
    public static final int MAIN = 254;
    public static final int LOCAL = 255;
    public static final int SCOPE_UNIVERSE = 0;
    public static final int SCOPE_LINK = 253;

    static final int RTA_DST = 1;
    static final int RTA_OIF = 4;
    static final int RTA_GATEWAY = 5;
    static final int RTA_PREFSRC = 7;
    static final int RTA_METRICS = 8;
    static final int RTAX_MTU = 2;
    static final int FIXED = 12;
    private static final int RTA_TABLE = 15;
    private static final int RTN_UNICAST = 1;

    public Route {
        requireNonNull(destination, "destination is null");
        requireNonNull(gateway, "gateway is null");
        requireNonNull(source, "source is null");
    }

    /** A route of the main table. */
    public static Route main(String destination, int prefix, int link, int protocol) {
        return new Route(destination, prefix, link, "", "", MAIN, protocol, SCOPE_LINK, 0);
    }

    public Route via(String gateway) {
        return new Route(destination, prefix, link, gateway, source, table, protocol, SCOPE_UNIVERSE, mtu);
    }

    public Route from(String source) {
        return new Route(destination, prefix, link, gateway, source, table, protocol, scope, mtu);
    }

    public Route withMtu(int mtu) {
        return new Route(destination, prefix, link, gateway, source, table, protocol, scope, mtu);
    }

    /** Such as {@code 10.0.0.0/8}. */
    public String range() {
        return destination + "/" + prefix;
    }

    void write(MessageWriter out) {
        out.u8(RouteSocket.AF_INET)
                .u8(prefix)
                .u8(0)
                .u8(0)
                .u8(table)
                .u8(protocol)
                .u8(scope)
                .u8(RTN_UNICAST)
                .u32(0);
        if (prefix > 0) {
            out.attribute(RTA_DST, Ipv4.parse(destination));
        }
        if (link != 0) {
            out.u32(RTA_OIF, link);
        }
        if (!gateway.isEmpty()) {
            out.attribute(RTA_GATEWAY, Ipv4.parse(gateway));
        }
        if (!source.isEmpty()) {
            out.attribute(RTA_PREFSRC, Ipv4.parse(source));
        }
        if (mtu != 0) {
            int metrics = out.nest(RTA_METRICS);
            out.u32(RTAX_MTU, mtu).endNest(metrics);
        }
    }

    /** @throws IllegalArgumentException when the message is malformed */
    static Route parse(NetlinkMessage message) {
        Attributes attributes = message.attributes(FIXED);
        String destination = attributes.ipv4(RTA_DST);
        return new Route(
                destination.isEmpty() ? "0.0.0.0" : destination,
                message.body().get(1) & 0xff,
                attributes.u32(RTA_OIF, 0),
                attributes.ipv4(RTA_GATEWAY),
                attributes.ipv4(RTA_PREFSRC),
                attributes.u32(RTA_TABLE, message.body().get(4) & 0xff),
                message.body().get(5) & 0xff,
                message.body().get(6) & 0xff,
                attributes.nested(RTA_METRICS).u32(RTAX_MTU, 0));
    }
}
