package dev.gantry.linux.nftables;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.netlink.MessageWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * Changes to one table of family ip that the kernel takes all at once or not at all, in the order given: an element may be removed and added anew
 * with another value. Not safe for use by several threads.
 */
public final class NftablesTransaction {
    private static final int NFNL_MSG_BATCH_BEGIN = 0x10;
    private static final int NFNL_MSG_BATCH_END = 0x11;
    private static final int SUBSYSTEM = 10;
    private static final int NFT_MSG_DELTABLE = SUBSYSTEM << 8 | 2;
    private static final int NFT_MSG_NEWSETELEM = SUBSYSTEM << 8 | 12;
    private static final int NFT_MSG_DELSETELEM = SUBSYSTEM << 8 | 14;
    private static final int NFTA_TABLE_NAME = 1;
    private static final int NFTA_SET_ELEM_LIST_TABLE = 1;
    private static final int NFTA_SET_ELEM_LIST_SET = 2;
    private static final int NFTA_SET_ELEM_LIST_ELEMENTS = 3;
    static final int AF_INET = 2;
    private static final int AF_UNSPEC = 0;
    /** The list is one attribute, whose length has 16 bits; no element takes this much. */
    private static final int MAX_LIST = 0xffff - 256;

    private final String table;
    private final List<Step> steps = new ArrayList<>();

    public NftablesTransaction(String table) {
        this.table = requireNonNull(table, "table is null");
    }

    private record Step(String what, int type, int flags, String set, List<SetElement> elements) {}

    /** Adds elements. An equal one may be there; one with the same key and another value makes the transaction fail. */
    public NftablesTransaction add(String set, Collection<SetElement> elements) {
        return step("add elements to " + set, NFT_MSG_NEWSETELEM, MessageWriter.NLM_F_CREATE, set, elements);
    }

    /** Removes elements by key; one that isn't there makes the transaction fail. */
    public NftablesTransaction remove(String set, Collection<SetElement> elements) {
        return step("remove elements of " + set, NFT_MSG_DELSETELEM, 0, set, elements);
    }

    /** Removes every element. */
    public NftablesTransaction flush(String set) {
        steps.add(new Step("flush " + set, NFT_MSG_DELSETELEM, 0, set, List.of()));
        return this;
    }

    /** Removes the table with all that is in it. */
    public NftablesTransaction deleteTable() {
        steps.add(new Step("delete table " + table, NFT_MSG_DELTABLE, 0, "", List.of()));
        return this;
    }

    public boolean isEmpty() {
        return steps.isEmpty();
    }

    private NftablesTransaction step(String what, int type, int flags, String set, Collection<SetElement> elements) {
        if (!elements.isEmpty()) {
            steps.add(new Step(what, type, flags, set, List.copyOf(elements)));
        }
        return this;
    }

    /** The messages, and what each of them was to do, by sequence number. */
    record Encoded(byte[] batch, int firstSequence, List<String> messages) {
        /** The last one asks for an acknowledgement. */
        int lastSequence() {
            return firstSequence + messages.size() - 1;
        }

        String describe(int sequence) {
            int index = sequence - firstSequence;
            return index >= 0 && index < messages.size() ? messages.get(index) : "commit";
        }
    }

    Encoded encode(IntSupplier sequences) {
        MessageWriter out = new MessageWriter();
        marker(out, NFNL_MSG_BATCH_BEGIN, sequences.getAsInt());
        List<String> messages = new ArrayList<>();
        int first = -1;
        for (Iterator<Step> left = steps.iterator(); left.hasNext(); ) {
            Step step = left.next();
            Iterator<SetElement> elements = step.elements().iterator();
            do {
                int sequence = sequences.getAsInt();
                first = first < 0 ? sequence : first;
                messages.add(step.what());
                begin(out, step, sequence, elements, !left.hasNext());
            } while (elements.hasNext());
        }
        marker(out, NFNL_MSG_BATCH_END, sequences.getAsInt());
        return new Encoded(out.toBytes(), first, messages);
    }

    /** One message with as many elements as fit; the flag for an acknowledgement is added when it is the last one of all. */
    private void begin(MessageWriter out, Step step, int sequence, Iterator<SetElement> elements, boolean lastStep) {
        List<SetElement> chunk = new ArrayList<>();
        int size = 0;
        while (elements.hasNext() && size < MAX_LIST - 256) {
            SetElement element = elements.next();
            chunk.add(element);
            size += upperBound(element);
        }
        int acknowledge = lastStep && !elements.hasNext() ? MessageWriter.NLM_F_ACK : 0;
        out.begin(step.type(), step.flags() | acknowledge, sequence)
                .u8(AF_INET)
                .u8(0)
                .u16(0);
        if (step.type() == NFT_MSG_DELTABLE) {
            out.string(NFTA_TABLE_NAME, table);
            return;
        }
        out.string(NFTA_SET_ELEM_LIST_TABLE, table).string(NFTA_SET_ELEM_LIST_SET, step.set());
        if (!chunk.isEmpty()) {
            int list = out.nest(NFTA_SET_ELEM_LIST_ELEMENTS | MessageWriter.NLA_F_NESTED);
            chunk.forEach(element -> element.write(out));
            out.endNest(list);
        }
    }

    private static int upperBound(SetElement element) {
        int data = switch (element.data()) {
            case SetElement.None _ -> 0;
            case SetElement.Value(byte[] value) -> value.length + 11;
            case SetElement.Goto(String chain) -> chain.length() + 24;
        };
        return 4 + 4 + 4 + element.key().length + 3 + data;
    }

    private static void marker(MessageWriter out, int type, int sequence) {
        out.begin(type, 0, sequence).u8(AF_UNSPEC).u8(0).u8(0).u8(SUBSYSTEM);
    }
}
