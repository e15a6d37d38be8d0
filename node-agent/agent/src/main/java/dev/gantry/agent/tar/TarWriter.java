package dev.gantry.agent.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.gantry.agent.tar.TarEntry.Type;
import dev.gantry.linux.FileNames;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes an archive: ustar headers, and before them a pax header with exactly what doesn't fit. The same entries always give the same bytes. Not safe for use by
 * several threads.
 */
public final class TarWriter implements AutoCloseable {
    private static final String PAX_NAME = "././@PaxHeader";
    private static final int BUFFER = 1 << 16;

    private final OutputStream out;
    private final byte[] buffer = new byte[BUFFER];

    /** @param out closed with this */
    public TarWriter(OutputStream out) {
        this.out = requireNonNull(out, "out is null");
    }

    /** An entry without content. */
    public void put(TarEntry entry) throws IOException {
        put(entry, InputStream.nullInputStream());
    }

    /**
     * @param content exactly as long as the entry says; not closed
     * @throws IOException when it is longer or shorter, such as a file that changed meanwhile
     */
    public void put(TarEntry entry, InputStream content) throws IOException {
        if (entry.size() != 0 && entry.type() != Type.FILE) {
            throw new IllegalArgumentException("%s has content but is no file".formatted(entry.name()));
        }
        SortedMap<String, byte[]> pax = new TreeMap<>();
        TarBlock block = block(entry, pax);
        if (!pax.isEmpty()) {
            writePax(pax);
        }
        out.write(block.bytes());
        copy(entry, content);
        pad(entry.size());
    }

    /** Ends the archive and closes the stream. */
    @Override
    public void close() throws IOException {
        try (out) {
            out.write(new byte[2 * TarBlock.SIZE]);
        }
    }

    private TarBlock block(TarEntry entry, SortedMap<String, byte[]> pax) throws IOException {
        TarBlock block = new TarBlock();
        String name = entry.type() == Type.DIRECTORY && !entry.name().endsWith("/") ? entry.name() + "/" : entry.name();
        text(block, TarBlock.NAME, name, PaxRecords.PATH, pax);
        text(block, TarBlock.LINK, entry.linkTarget(), PaxRecords.LINK_PATH, pax);
        block.number(TarBlock.MODE, entry.mode());
        number(block, TarBlock.UID, entry.uid(), PaxRecords.UID, pax);
        number(block, TarBlock.GID, entry.gid(), PaxRecords.GID, pax);
        number(block, TarBlock.LENGTH, entry.size(), PaxRecords.SIZE, pax);
        long seconds = entry.modified().getEpochSecond();
        boolean fits = seconds >= 0 && seconds <= TarBlock.MODIFIED.maxOctal();
        block.number(TarBlock.MODIFIED, fits ? seconds : 0);
        if (!fits || entry.modified().getNano() != 0) {
            pax.put(PaxRecords.MODIFIED, PaxRecords.time(entry.modified()));
        }
        entry.xattrs().forEach((key, value) -> pax.put(PaxRecords.XATTR + key, value));
        block.type(entry.type().flag());
        block.text(TarBlock.MAGIC, "ustar\0".getBytes(US_ASCII));
        block.text(TarBlock.VERSION, "00".getBytes(US_ASCII));
        block.number(TarBlock.DEVICE_MAJOR, entry.deviceMajor());
        block.number(TarBlock.DEVICE_MINOR, entry.deviceMinor());
        block.seal();
        return block;
    }

    private static void text(
            TarBlock block, TarBlock.Field field, String value, String key, SortedMap<String, byte[]> pax)
            throws IOException {
        byte[] bytes = FileNames.encode(value);
        boolean ascii = value.chars().allMatch(c -> c < 0x80);
        if (bytes.length > field.length() || !ascii) {
            pax.put(key, bytes);
        }
        block.text(field, bytes);
    }

    private static void number(
            TarBlock block, TarBlock.Field field, long value, String key, SortedMap<String, byte[]> pax) {
        boolean fits = value <= field.maxOctal();
        block.number(field, fits ? value : 0);
        if (!fits) {
            pax.put(key, Long.toString(value).getBytes(US_ASCII));
        }
    }

    private void writePax(SortedMap<String, byte[]> pax) throws IOException {
        byte[] records = PaxRecords.format(pax);
        TarBlock block = new TarBlock();
        block.text(TarBlock.NAME, PAX_NAME.getBytes(US_ASCII));
        block.number(TarBlock.MODE, 0644);
        block.number(TarBlock.UID, 0);
        block.number(TarBlock.GID, 0);
        block.number(TarBlock.LENGTH, records.length);
        block.number(TarBlock.MODIFIED, 0);
        block.type('x');
        block.text(TarBlock.MAGIC, "ustar\0".getBytes(US_ASCII));
        block.text(TarBlock.VERSION, "00".getBytes(US_ASCII));
        block.seal();
        out.write(block.bytes());
        out.write(records);
        pad(records.length);
    }

    private void copy(TarEntry entry, InputStream content) throws IOException {
        long left = entry.size();
        while (left > 0) {
            int count = content.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
                throw new TarException(entry.name(), "became shorter while it was read");
            }
            out.write(buffer, 0, count);
            left -= count;
        }
        if (entry.size() > 0 && content.read() >= 0) {
            throw new TarException(entry.name(), "became longer while it was read");
        }
    }

    private void pad(long size) throws IOException {
        out.write(new byte[(int) (-size & (TarBlock.SIZE - 1))]);
    }
}
