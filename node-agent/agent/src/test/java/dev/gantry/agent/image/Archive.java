package dev.gantry.agent.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.agent.tar.TarEntry;
import dev.gantry.agent.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/** Writes archives for tests, as prose. */
public final class Archive {
    public static final Instant TIME = Instant.parse("2025-03-04T05:06:07Z");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final TarWriter writer = new TarWriter(out);
    private Instant time = TIME;

    public static Archive archive() {
        return new Archive();
    }

    /** For the entries that follow. */
    public Archive at(Instant modified) {
        time = modified;
        return this;
    }

    public Archive file(String name, String content) {
        return file(name, content, 0644, 0, 0);
    }

    public Archive file(String name, String content, int mode, int uid, int gid) {
        byte[] bytes = content.getBytes(UTF_8);
        return put(TarEntry.file(name, mode, uid, gid, bytes.length, time), bytes);
    }

    public Archive fileWith(String name, Map<String, byte[]> attributes) {
        return put(TarEntry.file(name, 0755, 0, 0, 0, time).withAttributes(attributes), new byte[0]);
    }

    public Archive directory(String name, int mode) {
        return put(TarEntry.directory(name, mode, 0, 0, time), new byte[0]);
    }

    public Archive symbolicLink(String name, String target) {
        return put(TarEntry.symbolicLink(name, target, 0, 0, time), new byte[0]);
    }

    public Archive hardLink(String name, String target) {
        return put(TarEntry.hardLink(name, target, time), new byte[0]);
    }

    public Archive special(String name, TarEntry.Type type, int major, int minor) {
        return put(new TarEntry(name, type, 0600, 0, 0, 0, time, "", major, minor, new TreeMap<>()), new byte[0]);
    }

    private Archive put(TarEntry entry, byte[] content) {
        try {
            writer.put(entry, new ByteArrayInputStream(content));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public byte[] bytes() {
        try {
            writer.close();
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public ByteArrayInputStream stream() {
        return new ByteArrayInputStream(bytes());
    }
}
