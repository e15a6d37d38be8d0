package dev.gantry.agent.tar;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One entry of an archive. Names are strings in the manner of {@link dev.gantry.linux.FileNames}.
 *
 * @param name as in the archive; directories without the slash at their end
 * @param mode permission bits
 * @param size of a file's content in bytes; 0 for everything else
 * @param linkTarget of symbolic and hard links, else empty
 * @param xattrs extended attributes by full name, such as {@code security.capability}
 */
public record TarEntry(
        String name,
        Type type,
        int mode,
        long uid,
        long gid,
        long size,
        Instant modified,
        String linkTarget,
        int deviceMajor,
        int deviceMinor,
        SortedMap<String, byte[]> xattrs) {
    public TarEntry {
        requireNonNull(name, "name is null");
        requireNonNull(type, "type is null");
        requireNonNull(modified, "modified is null");
        requireNonNull(linkTarget, "linkTarget is null");
        xattrs = Collections.unmodifiableSortedMap(new TreeMap<>(xattrs));
    }

    /** What an entry is. */
    public enum Type {
        FILE('0'),
        HARD_LINK('1'),
        SYMBOLIC_LINK('2'),
        CHARACTER_DEVICE('3'),
        BLOCK_DEVICE('4'),
        DIRECTORY('5'),
        FIFO('6');

        private final char flag;

        Type(char flag) {
            this.flag = flag;
        }

        char flag() {
            return flag;
        }
    }

    public static TarEntry file(String name, int mode, long uid, long gid, long size, Instant modified) {
        return new TarEntry(name, Type.FILE, mode, uid, gid, size, modified, "", 0, 0, noAttributes());
    }

    public static TarEntry directory(String name, int mode, long uid, long gid, Instant modified) {
        return new TarEntry(name, Type.DIRECTORY, mode, uid, gid, 0, modified, "", 0, 0, noAttributes());
    }

    public static TarEntry symbolicLink(String name, String target, long uid, long gid, Instant modified) {
        return new TarEntry(name, Type.SYMBOLIC_LINK, 0777, uid, gid, 0, modified, target, 0, 0, noAttributes());
    }

    public static TarEntry hardLink(String name, String target, Instant modified) {
        return new TarEntry(name, Type.HARD_LINK, 0644, 0, 0, 0, modified, target, 0, 0, noAttributes());
    }

    public TarEntry withAttributes(Map<String, byte[]> attributes) {
        return new TarEntry(
                name,
                type,
                mode,
                uid,
                gid,
                size,
                modified,
                linkTarget,
                deviceMajor,
                deviceMinor,
                new TreeMap<>(attributes));
    }

    private static SortedMap<String, byte[]> noAttributes() {
        return Collections.emptySortedMap();
    }
}
