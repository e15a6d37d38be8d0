package dev.gantry.linux.netlink;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The kernel's table of tracked flows (nfnetlink_conntrack), in the network namespace of the thread which opened it. For flows whose address translation
 * has become wrong: UDP flows, and TCP connections that nobody has answered yet. Connections that are answered are left to finish by themselves.
 */
public final class ConntrackSocket implements AutoCloseable {
    private static final int SUBSYSTEM = 1 << 8;
    private static final int CT_NEW = SUBSYSTEM;
    private static final int CT_GET = SUBSYSTEM | 1;
    private static final int CT_DELETE = SUBSYSTEM | 2;
    private static final int CTA_TUPLE_ORIG = 1;
    private static final int CTA_TUPLE_REPLY = 2;
    private static final int CTA_TUPLE_IP = 1;
    private static final int CTA_TUPLE_PROTO = 2;
    private static final int CTA_IP_V4_SRC = 1;
    private static final int CTA_IP_V4_DST = 2;
    private static final int CTA_PROTO_NUM = 1;
    private static final int CTA_PROTO_SRC_PORT = 2;
    private static final int CTA_PROTO_DST_PORT = 3;
    private static final int CTA_PROTOINFO = 4;
    private static final int CTA_PROTOINFO_TCP = 1;
    private static final int CTA_PROTOINFO_TCP_STATE = 1;
    /** nf_conntrack_tcp.h: the first packet was seen, and no answer. */
    private static final int SYN_SENT = 1;

    private static final int NESTED = MessageWriter.NLA_F_NESTED;

    private final NetlinkSocket socket;

    private ConntrackSocket(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens one in the calling thread's network namespace. */
    public static ConntrackSocket open() throws IOException {
        return new ConntrackSocket(NetlinkSocket.open(NetlinkSocket.NETFILTER));
    }

    /** Of a flow, by its number in the IP header. */
    public enum Protocol {
        TCP(6),
        UDP(17);

        private final int number;

        Protocol(int number) {
            this.number = number;
        }
    }

    /**
     * A flow as its client sees it, and who answers it.
     *
     * @param answeredBy address of the one that replies: differs from {@code destination} where the destination is translated
     */
    public record Flow(
            Protocol protocol,
            String source,
            int sourcePort,
            String destination,
            int destinationPort,
            String answeredBy,
            int answeredPort) {
        public Flow {
            requireNonNull(protocol, "protocol is null");
            requireNonNull(source, "source is null");
            requireNonNull(destination, "destination is null");
            requireNonNull(answeredBy, "answeredBy is null");
        }
    }

    /**
     * Forgets the flows that match: their next packet is translated anew.
     *
     * @return how many
     */
    public int forget(Predicate<Flow> flows) throws IOException {
        int forgotten = 0;
        for (Flow flow : flows()) {
            if (flows.test(flow) && delete(flow)) {
                forgotten++;
            }
        }
        return forgotten;
    }

    List<Flow> flows() throws IOException {
        byte[] request = header(CT_GET, MessageWriter.NLM_F_DUMP).toBytes();
        List<Flow> flows = new ArrayList<>();
        try {
            for (NetlinkMessage message : socket.dump("list tracked flows", request)) {
                if (message.type() == CT_NEW) {
                    Attributes attributes = message.attributes(4);
                    int protocol = protocol(attributes);
                    if (protocol == Protocol.UDP.number) {
                        flows.add(parse(Protocol.UDP, attributes));
                    } else if (protocol == Protocol.TCP.number && tcpState(attributes) == SYN_SENT) {
                        flows.add(parse(Protocol.TCP, attributes));
                    }
                }
            }
        } catch (IllegalArgumentException e) {
            throw new IOException("Cannot list tracked flows: the kernel's answer is malformed", e);
        }
        return flows;
    }

    private static int protocol(Attributes flow) {
        return flow.nested(CTA_TUPLE_ORIG).nested(CTA_TUPLE_PROTO).u8(CTA_PROTO_NUM, 0);
    }

    private static int tcpState(Attributes flow) {
        if (!flow.has(CTA_PROTOINFO) || !flow.nested(CTA_PROTOINFO).has(CTA_PROTOINFO_TCP)) {
            return 0;
        }
        return flow.nested(CTA_PROTOINFO).nested(CTA_PROTOINFO_TCP).u8(CTA_PROTOINFO_TCP_STATE, 0);
    }

    private static Flow parse(Protocol protocol, Attributes flow) {
        Attributes original = flow.nested(CTA_TUPLE_ORIG);
        Attributes reply = flow.nested(CTA_TUPLE_REPLY);
        return new Flow(
                protocol,
                original.nested(CTA_TUPLE_IP).ipv4(CTA_IP_V4_SRC),
                original.nested(CTA_TUPLE_PROTO).be16(CTA_PROTO_SRC_PORT, 0),
                original.nested(CTA_TUPLE_IP).ipv4(CTA_IP_V4_DST),
                original.nested(CTA_TUPLE_PROTO).be16(CTA_PROTO_DST_PORT, 0),
                reply.nested(CTA_TUPLE_IP).ipv4(CTA_IP_V4_SRC),
                reply.nested(CTA_TUPLE_PROTO).be16(CTA_PROTO_SRC_PORT, 0));
    }

    private boolean delete(Flow flow) throws IOException {
        MessageWriter out = header(CT_DELETE, MessageWriter.NLM_F_ACK);
        int tuple = out.nest(CTA_TUPLE_ORIG | NESTED);
        int ip = out.nest(CTA_TUPLE_IP | NESTED);
        out.attribute(CTA_IP_V4_SRC, Ipv4.parse(flow.source()))
                .attribute(CTA_IP_V4_DST, Ipv4.parse(flow.destination()))
                .endNest(ip);
        int protocol = out.nest(CTA_TUPLE_PROTO | NESTED);
        out.u8(CTA_PROTO_NUM, flow.protocol().number)
                .attribute(CTA_PROTO_SRC_PORT, port(flow.sourcePort()))
                .attribute(CTA_PROTO_DST_PORT, port(flow.destinationPort()))
                .endNest(protocol)
                .endNest(tuple);
        try {
            socket.request("forget a tracked flow", out.toBytes(), 1);
            return true;
        } catch (NetlinkException e) {
            if (e.errno() == NetlinkException.ENOENT) {
                return false;
            }
            throw e;
        }
    }

    private MessageWriter header(int type, int flags) {
        return new MessageWriter()
                .begin(type, flags, socket.nextSequence())
                .u8(RouteSocket.AF_INET)
                .u8(0)
                .u16(0);
    }

    private static byte[] port(int port) {
        return new byte[] {(byte) (port >> 8), (byte) port};
    }

    @Override
    public void close() {
        socket.close();
    }
}
