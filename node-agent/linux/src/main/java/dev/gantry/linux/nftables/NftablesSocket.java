package dev.gantry.linux.nftables;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.netlink.MessageWriter;
import dev.gantry.linux.netlink.NetlinkException;
import dev.gantry.linux.netlink.NetlinkMessage;
import dev.gantry.linux.netlink.NetlinkSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** nftables of the network namespace of the thread which opened it. Safe for use by many threads. */
public final class NftablesSocket implements AutoCloseable {
    private static final int NLMSG_ERROR = 2;
    private static final int NFT_MSG_GETTABLE = 10 << 8 | 1;
    private static final int NFT_MSG_GETCHAIN = 10 << 8 | 4;
    private static final int NFTA_TABLE_NAME = 1;
    private static final int NFTA_CHAIN_TABLE = 1;
    private static final int NFTA_CHAIN_NAME = 3;

    private final NetlinkSocket socket;

    private NftablesSocket(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens one in the calling thread's network namespace. */
    public static NftablesSocket open() throws IOException {
        return new NftablesSocket(NetlinkSocket.open(NetlinkSocket.NETFILTER));
    }

    /**
     * Carries a transaction out. When this returns the kernel holds all of it; when it throws, nothing of it.
     *
     * @throws NetlinkException with the first step that was refused
     */
    public void commit(NftablesTransaction transaction) throws IOException {
        requireNonNull(transaction, "transaction is null");
        if (transaction.isEmpty()) {
            return;
        }
        NftablesTransaction.Encoded encoded = transaction.encode(socket::nextSequence);
        boolean committed = false;
        for (NetlinkMessage reply : socket.transact("change nftables", encoded.batch())) {
            if (reply.type() != NLMSG_ERROR || reply.payload().length < 4) {
                continue;
            }
            int errno = -ByteBuffer.wrap(reply.payload())
                    .order(ByteOrder.nativeOrder())
                    .getInt();
            if (errno != 0) {
                throw new NetlinkException(encoded.describe(reply.sequence()), errno, "");
            }
            committed |= reply.sequence() == encoded.lastSequence();
        }
        if (!committed) {
            throw new IOException("Cannot change nftables: the kernel did not acknowledge the transaction");
        }
    }

    public boolean hasTable(String table) throws IOException {
        return exists("find table " + table, header(NFT_MSG_GETTABLE).string(NFTA_TABLE_NAME, table));
    }

    public boolean hasChain(String table, String chain) throws IOException {
        return exists(
                "find chain " + chain,
                header(NFT_MSG_GETCHAIN).string(NFTA_CHAIN_TABLE, table).string(NFTA_CHAIN_NAME, chain));
    }

    private MessageWriter header(int type) {
        return new MessageWriter()
                .begin(type, 0, socket.nextSequence())
                .u8(NftablesTransaction.AF_INET)
                .u8(0)
                .u16(0);
    }

    private boolean exists(String what, MessageWriter message) throws IOException {
        try {
            socket.get(what, message.toBytes());
            return true;
        } catch (NetlinkException e) {
            if (e.errno() == NetlinkException.ENOENT) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
