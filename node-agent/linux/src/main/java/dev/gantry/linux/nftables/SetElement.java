package dev.gantry.linux.nftables;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.gantry.linux.netlink.MessageWriter;
import java.util.Arrays;

/**
 * One element of a set or map.
 *
 * @param key as {@link Concatenation} writes it
 */
public record SetElement(byte[] key, Data data) {
    private static final int NFTA_LIST_ELEM = 1;
    private static final int NFTA_SET_ELEM_KEY = 1;
    private static final int NFTA_SET_ELEM_DATA = 2;
    private static final int NFTA_DATA_VALUE = 1;
    private static final int NFTA_DATA_VERDICT = 2;
    private static final int NFTA_VERDICT_CODE = 1;
    private static final int NFTA_VERDICT_CHAIN = 2;
    private static final int NFT_GOTO = -4;
    private static final int NESTED = MessageWriter.NLA_F_NESTED;

    public SetElement {
        requireNonNull(key, "key is null");
        requireNonNull(data, "data is null");
    }

    /** What a key is mapped to. */
    public sealed interface Data {}

    /** The element of a set; or, for a removal, whatever the key is mapped to. */
    public record None() implements Data {}

    /** A value as {@link Concatenation} writes it. */
    public record Value(byte[] value) implements Data {
        public Value {
            requireNonNull(value, "value is null");
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Value that && Arrays.equals(value, that.value);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(value);
        }

        @Override
        public String toString() {
            return "Value" + Arrays.toString(value);
        }
    }

    /** Go on in a chain of the same table. */
    public record Goto(String chain) implements Data {
        public Goto {
            requireNonNull(chain, "chain is null");
        }
    }

    public static SetElement of(byte[] key) {
        return new SetElement(key, new None());
    }

    public static SetElement of(byte[] key, byte[] value) {
        return new SetElement(key, new Value(value));
    }

    public static SetElement jump(byte[] key, String chain) {
        return new SetElement(key, new Goto(chain));
    }

    void write(MessageWriter out) {
        int element = out.nest(NFTA_LIST_ELEM | NESTED);
        int keyNest = out.nest(NFTA_SET_ELEM_KEY | NESTED);
        out.attribute(NFTA_DATA_VALUE, key).endNest(keyNest);
        switch (data) {
            case None _ -> {}
            case Value(byte[] value) -> {
                int nest = out.nest(NFTA_SET_ELEM_DATA | NESTED);
                out.attribute(NFTA_DATA_VALUE, value).endNest(nest);
            }
            case Goto(String chain) -> {
                int nest = out.nest(NFTA_SET_ELEM_DATA | NESTED);
                int verdict = out.nest(NFTA_DATA_VERDICT | NESTED);
                out.be32(NFTA_VERDICT_CODE, NFT_GOTO)
                        .attribute(NFTA_VERDICT_CHAIN, (chain + "\0").getBytes(US_ASCII))
                        .endNest(verdict)
                        .endNest(nest);
            }
        }
        out.endNest(element);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SetElement that && Arrays.equals(key, that.key) && data.equals(that.data);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(key) + data.hashCode();
    }

    @Override
    public String toString() {
        return "SetElement[" + Arrays.toString(key) + " : " + data + "]";
    }
}
