package dev.gantry.linux.netlink;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * rtnetlink(7) in one network namespace: that of the thread which opened it. IPv4 only. Every change is acknowledged by the kernel before its method
 * returns. Safe for use by many threads.
 */
public final class RouteSocket implements AutoCloseable {
    static final int AF_INET = 2;
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int RTM_GETLINK = 18;
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_DELADDR = 21;
    private static final int RTM_GETADDR = 22;
    private static final int RTM_NEWROUTE = 24;
    private static final int RTM_DELROUTE = 25;
    private static final int RTM_GETROUTE = 26;
    private static final int RTM_NEWNEIGH = 28;
    private static final int RTM_GETNEIGH = 30;
    private static final int RTM_NEWRULE = 32;
    private static final int RTM_GETRULE = 34;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_NET_NS_FD = 28;
    private static final int IFF_UP = 1;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int ACKNOWLEDGED = MessageWriter.NLM_F_ACK;
    private static final int CREATE = ACKNOWLEDGED | MessageWriter.NLM_F_CREATE | MessageWriter.NLM_F_EXCL;
    private static final int REPLACE = ACKNOWLEDGED | MessageWriter.NLM_F_CREATE | MessageWriter.NLM_F_REPLACE;

    /** How far an address is valid (rtnetlink(7)). */
    public enum AddressScope {
        UNIVERSE(0),
        HOST(254);

        private final int number;

        AddressScope(int number) {
            this.number = number;
        }
    }

    private final NetlinkSocket socket;

    private RouteSocket(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens one in the calling thread's network namespace. */
    public static RouteSocket open() throws IOException {
        return new RouteSocket(NetlinkSocket.open(NetlinkSocket.ROUTE));
    }

    public List<Link> links() throws IOException {
        return dump("list links", RTM_GETLINK, RTM_NEWLINK, Link.FIXED, Link::parse);
    }

    public List<InterfaceAddress> addresses() throws IOException {
        return dump("list addresses", RTM_GETADDR, RTM_NEWADDR, InterfaceAddress.FIXED, InterfaceAddress::parse);
    }

    /** Of every table. */
    public List<Route> routes() throws IOException {
        return dump("list routes", RTM_GETROUTE, RTM_NEWROUTE, Route.FIXED, Route::parse);
    }

    public List<Neighbour> neighbours() throws IOException {
        return dump("list neighbours", RTM_GETNEIGH, RTM_NEWNEIGH, Neighbour.FIXED, Neighbour::parse);
    }

    public List<Rule> rules() throws IOException {
        return dump("list routing rules", RTM_GETRULE, RTM_NEWRULE, Rule.FIXED, Rule::parse);
    }

    public Optional<Link> link(String name) throws IOException {
        MessageWriter out = new MessageWriter().begin(RTM_GETLINK, 0, socket.nextSequence());
        linkHeader(out, 0, 0, 0);
        out.string(IFLA_IFNAME, name);
        String what = "find link " + name;
        try {
            return Optional.of(parse(what, socket.get(what, out.toBytes()), Link::parse));
        } catch (NetlinkException e) {
            if (e.errno() == NetlinkException.ENODEV) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** @throws NetlinkException with EEXIST when either name is taken */
    public void createVeth(Veth veth) throws IOException {
        change("make the veth pair " + veth.name(), RTM_NEWLINK, CREATE, veth::write);
    }

    public void setUp(int link) throws IOException {
        change("set link " + link + " up", RTM_NEWLINK, ACKNOWLEDGED, out -> linkHeader(out, link, IFF_UP, IFF_UP));
    }

    public void setDown(int link) throws IOException {
        change("set link " + link + " down", RTM_NEWLINK, ACKNOWLEDGED, out -> linkHeader(out, link, 0, IFF_UP));
    }

    /** Moves a link; it arrives down, without addresses. */
    public void move(int link, NetworkNamespace target) throws IOException {
        requireNonNull(target, "target is null");
        change("move link " + link, RTM_NEWLINK, ACKNOWLEDGED, out -> {
            linkHeader(out, link, 0, 0);
            out.u32(IFLA_NET_NS_FD, target.descriptor());
        });
    }

    /** Deletes a link; for a link with a namespace of its own it is much cheaper to end the namespace. */
    public void deleteLink(int link) throws IOException {
        change("delete link " + link, RTM_DELLINK, ACKNOWLEDGED, out -> linkHeader(out, link, 0, 0));
    }

    /** Adds an address; it is fine when it is there. */
    public void addAddress(int link, String address, int prefix, AddressScope scope) throws IOException {
        change(
                "add address %s/%s".formatted(address, prefix),
                RTM_NEWADDR,
                REPLACE,
                out -> address(out, link, address, prefix, scope.number));
    }

    /** Removes an address; it is fine when it isn't there. */
    public void removeAddress(int link, String address, int prefix) throws IOException {
        ignoring(
                NetlinkException.EADDRNOTAVAIL,
                () -> change(
                        "remove address %s/%s".formatted(address, prefix),
                        RTM_DELADDR,
                        ACKNOWLEDGED,
                        out -> address(out, link, address, prefix, 0)));
    }

    /** Adds a route in place of one to the same destination. */
    public void replaceRoute(Route route) throws IOException {
        change("set the route to " + route.range(), RTM_NEWROUTE, REPLACE, route::write);
    }

    /** Removes a route; it is fine when it isn't there. */
    public void removeRoute(Route route) throws IOException {
        ignoring(
                NetlinkException.ESRCH,
                () -> change("remove the route to " + route.range(), RTM_DELROUTE, ACKNOWLEDGED, route::write));
    }

    /** Adds a permanent neighbour in place of another entry for its address. */
    public void replaceNeighbour(int link, String address, String hardwareAddress) throws IOException {
        change(
                "set neighbour " + address,
                RTM_NEWNEIGH,
                REPLACE,
                out -> out.u8(AF_INET)
                        .u8(0)
                        .u16(0)
                        .u32(link)
                        .u16(Neighbour.NUD_PERMANENT)
                        .u8(0)
                        .u8(0)
                        .attribute(Neighbour.NDA_DST, Ipv4.parse(address))
                        .attribute(Neighbour.NDA_LLADDR, hardware(hardwareAddress)));
    }

    private void change(String what, int type, int flags, Consumer<MessageWriter> content) throws IOException {
        MessageWriter out = new MessageWriter().begin(type, flags, socket.nextSequence());
        content.accept(out);
        socket.request(what, out.toBytes(), 1);
    }

    private <T> List<T> dump(String what, int request, int reply, int fixed, Function<NetlinkMessage, T> parser)
            throws IOException {
        MessageWriter out = new MessageWriter().begin(request, MessageWriter.NLM_F_DUMP, socket.nextSequence());
        out.u8(request == RTM_GETLINK ? 0 : AF_INET);
        for (int i = 1; i < fixed; i++) {
            out.u8(0);
        }
        List<NetlinkMessage> messages = socket.dump(what, out.toBytes());
        try {
            return messages.stream()
                    .filter(message -> message.type() == reply)
                    .map(parser)
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new IOException("Cannot " + what + ": the kernel's answer is malformed", e);
        }
    }

    private static <T> T parse(String what, NetlinkMessage message, Function<NetlinkMessage, T> parser)
            throws IOException {
        try {
            return parser.apply(message);
        } catch (IllegalArgumentException e) {
            throw new IOException("Cannot " + what + ": the kernel's answer is malformed", e);
        }
    }

    private interface Change {
        void run() throws IOException;
    }

    private static void ignoring(int errno, Change change) throws IOException {
        try {
            change.run();
        } catch (NetlinkException e) {
            if (e.errno() != errno) {
                throw e;
            }
        }
    }

    static void linkHeader(MessageWriter out, int index, int flags, int change) {
        out.u8(0).u8(0).u16(0).u32(index).u32(flags).u32(change);
    }

    private static void address(MessageWriter out, int link, String address, int prefix, int scope) {
        byte[] bytes = Ipv4.parse(address);
        out.u8(AF_INET)
                .u8(prefix)
                .u8(0)
                .u8(scope)
                .u32(link)
                .attribute(IFA_LOCAL, bytes)
                .attribute(IFA_ADDRESS, bytes);
    }

    static byte[] hardware(String address) {
        byte[] bytes = HexFormat.ofDelimiter(":").parseHex(address);
        if (bytes.length != 6) {
            throw new IllegalArgumentException("Not a hardware address of six bytes: " + address);
        }
        return bytes;
    }

    @Override
    public void close() {
        socket.close();
    }
}
