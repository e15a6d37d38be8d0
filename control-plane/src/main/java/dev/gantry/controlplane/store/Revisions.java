package dev.gantry.controlplane.store;

/**
 * The arithmetic of revisions, known to this class only. An object's revision is base + 2·mzxid (even when base is), a list's or bookmark's is
 * base + 2·zxid + 1: "everything up to here". The base lies in the store's meta node and is always even.
 */
public record Revisions(long base) {
    public Revisions {
        if (base < 0 || base % 2 != 0) {
            throw new IllegalArgumentException("base must be even and not negative: " + base);
        }
    }

    /** The revision of an object whose znode was last modified by {@code zxid}. */
    public long ofObject(long zxid) {
        return base + 2 * zxid;
    }

    /** The revision that stands for everything up to and with {@code zxid}. */
    public long upTo(long zxid) {
        return base + 2 * zxid + 1;
    }

    /** The transaction that a revision belongs to, or was taken after. */
    public long zxid(long revision) {
        return Math.floorDiv(revision - base, 2);
    }

    /** Whether events of the revision's own transaction are still to be told to a watch from it. */
    public static boolean includesItself(long revision) {
        return revision % 2 == 0;
    }
}
