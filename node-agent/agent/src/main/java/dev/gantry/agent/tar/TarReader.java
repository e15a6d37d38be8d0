package dev.gantry.agent.tar;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.tar.TarEntry.Type;
import dev.gantry.linux.FileNames;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads an archive once, from front to end. It never holds more than one header in memory, whatever the archive says about itself. Reads ustar, pax, and GNU's long
 * names and large numbers; sparse files are refused. Not safe for use by several threads.
 */
public final class TarReader {
    private static final char PAX = 'x';
    private static final char PAX_GLOBAL = 'g';
    private static final char GNU_LONG_NAME = 'L';
    private static final char GNU_LONG_LINK = 'K';
    private static final long MAX_ID = 0xFFFF_FFFEL;
    private static final int MAX_DEVICE = 0xFFFFF;
    private static final int BUFFER = 1 << 16;

    private final InputStream in;
    private final TarLimits limits;
    private long entries;
    private long contentBytes;
    private long left;
    private int padding;
    private String name = "";
    private boolean ended;

    /** @param in read in large pieces only where a file's content is; give it a buffered stream. Not closed by this. */
    public TarReader(InputStream in, TarLimits limits) {
        this.in = requireNonNull(in, "in is null");
        this.limits = requireNonNull(limits, "limits is null");
    }

    /**
     * The next entry, after what is left of the last one's content was skipped; null at the end.
     *
     * @throws TarException for a damaged or hostile archive, and beyond a limit
     */
    public @Nullable TarEntry next() throws IOException {
        skipContent();
        Headers headers = new Headers();
        while (!ended) {
            TarBlock block = readBlock();
            if (block == null || block.isZero()) {
                ended = true;
                if (!headers.isEmpty()) {
                    throw new TarException("The archive is damaged: it ends after an extended header");
                }
                return null;
            }
            if (!block.hasRightChecksum()) {
                throw new TarException("The archive is damaged: a header after entry %s has a wrong checksum"
                        .formatted(TarException.shown(name)));
            }
            if (!headers.take(block)) {
                return entry(block, headers);
            }
        }
        return null;
    }

    /** The content of the entry that {@link #next} gave last. Valid until the next call of it. */
    public InputStream content() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return readContent(buffer, offset, length);
            }
        };
    }

    /** Reads what follows the archive's end, so that a digest over the stream covers all of it. */
    public void drain() throws IOException {
        byte[] buffer = new byte[BUFFER];
        while (in.read(buffer) >= 0) {
            // nothing of it has a meaning
        }
    }

    static Instant instant(long seconds, long nanos) throws TarException {
        // what ext4 and tar agree on; beyond it time arithmetic overflows
        if (seconds < -(1L << 34) || seconds > 1L << 34) {
            throw new TarException("The archive is damaged: a time of %s seconds since 1970".formatted(seconds));
        }
        return Instant.ofEpochSecond(seconds, nanos);
    }

    private int readContent(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (left == 0) {
            return -1;
        }
        int count = in.read(buffer, offset, (int) Math.min(length, left));
        if (count < 0) {
            throw new TarException(name, "is cut off: %s bytes of its content are missing".formatted(left));
        }
        left -= count;
        return count;
    }

    private void skipContent() throws IOException {
        byte[] buffer = new byte[(int) Math.min(BUFFER, Math.max(left, TarBlock.SIZE))];
        while (left > 0) {
            readContent(buffer, 0, buffer.length);
        }
        if (in.readNBytes(buffer, 0, padding) < padding) {
            throw new TarException(name, "is cut off: the archive ends within its last block");
        }
        padding = 0;
    }

    private @Nullable TarBlock readBlock() throws IOException {
        byte[] bytes = in.readNBytes(TarBlock.SIZE);
        if (bytes.length == 0) {
            return null;
        }
        if (bytes.length < TarBlock.SIZE) {
            throw new EOFException(
                    "The archive is cut off within a header, after entry %s".formatted(TarException.shown(name)));
        }
        return new TarBlock(bytes);
    }

    private TarEntry entry(TarBlock block, Headers headers) throws IOException {
        name = headers.name(block);
        Type type = type(block);
        if (name.endsWith("/") && type == Type.FILE) {
            type = Type.DIRECTORY;
        }
        while (name.endsWith("/") && name.length() > 1) {
            name = name.substring(0, name.length() - 1);
        }
        if (++entries > limits.entries()) {
            throw new TarException(name, "is one too many: the limit is %s entries".formatted(limits.entries()));
        }
        long size = headers.number(PaxRecords.SIZE, block, TarBlock.LENGTH);
        if (size < 0) {
            throw new TarException(name, "has a negative size");
        }
        openContent(type, size);
        String link = type == Type.SYMBOLIC_LINK || type == Type.HARD_LINK ? headers.link(block) : "";
        boolean device = type == Type.CHARACTER_DEVICE || type == Type.BLOCK_DEVICE;
        return new TarEntry(
                name,
                type,
                (int) block.number(TarBlock.MODE) & 07777,
                id(headers.number(PaxRecords.UID, block, TarBlock.UID)),
                id(headers.number(PaxRecords.GID, block, TarBlock.GID)),
                left,
                headers.modified(block),
                link,
                device ? device(block.number(TarBlock.DEVICE_MAJOR)) : 0,
                device ? device(block.number(TarBlock.DEVICE_MINOR)) : 0,
                headers.xattrs());
    }

    private void openContent(Type type, long size) throws TarException {
        if (type == Type.FILE) {
            contentBytes += size;
            if (size > limits.contentBytes() || contentBytes > limits.contentBytes()) {
                throw new TarException(
                        name, "goes beyond the limit of %s bytes of content".formatted(limits.contentBytes()));
            }
            left = size;
            padding = padding(size);
        } else if (type == Type.DIRECTORY || size == 0 || type == Type.HARD_LINK) {
            left = 0;
        } else {
            throw new TarException(name, "has content, which its type doesn't allow");
        }
    }

    private Type type(TarBlock block) throws TarException {
        char flag = block.type();
        if (flag == 0 || flag == '7') {
            return Type.FILE;
        }
        for (Type type : Type.values()) {
            if (type.flag() == flag) {
                return type;
            }
        }
        throw new TarException(
                name,
                flag == 'S'
                        ? "is a sparse file, which is not supported"
                        : "has the unknown type 0x%02x".formatted((int) flag));
    }

    private long id(long value) throws TarException {
        if (value < 0 || value > MAX_ID) {
            throw new TarException(name, "has the owner or group %s; expected 0 to %s".formatted(value, MAX_ID));
        }
        return value;
    }

    private int device(long value) throws TarException {
        if (value < 0 || value > MAX_DEVICE) {
            throw new TarException(name, "has the device number %s; expected 0 to %s".formatted(value, MAX_DEVICE));
        }
        return (int) value;
    }

    private static int padding(long size) {
        return (int) (-size & (TarBlock.SIZE - 1));
    }

    /** The extended headers before an entry. */
    private final class Headers {
        private SortedMap<String, byte[]> pax = new TreeMap<>();
        private byte @Nullable [] longName;
        private byte @Nullable [] longLink;
        private int bytes;

        boolean isEmpty() {
            return bytes == 0;
        }

        /** Whether the block was the start of an extended header, which is read then. */
        boolean take(TarBlock block) throws IOException {
            switch (block.type()) {
                case PAX -> pax.putAll(PaxRecords.parse(readHeader(block)));
                case PAX_GLOBAL -> checkGlobal(PaxRecords.parse(readHeader(block)));
                case GNU_LONG_NAME -> longName = untilNul(readHeader(block));
                case GNU_LONG_LINK -> longLink = untilNul(readHeader(block));
                default -> {
                    return false;
                }
            }
            return true;
        }

        private byte[] readHeader(TarBlock block) throws IOException {
            long size = block.number(TarBlock.LENGTH);
            if (size < 0 || size > TarLimits.HEADER_BYTES - bytes) {
                throw new TarException(
                        "An extended header of the archive, after entry %s, has %s bytes; the limit is %s"
                                .formatted(TarException.shown(name), size, TarLimits.HEADER_BYTES));
            }
            bytes += (int) size + 1;
            byte[] content = in.readNBytes((int) size);
            int rest = padding(size);
            if (content.length < size || in.readNBytes(rest).length < rest) {
                throw new EOFException("The archive is cut off within an extended header");
            }
            return content;
        }

        private void checkGlobal(SortedMap<String, byte[]> global) throws TarException {
            for (String key : global.keySet()) {
                if (key.equals(PaxRecords.PATH) || key.equals(PaxRecords.SIZE) || key.equals(PaxRecords.LINK_PATH)) {
                    throw new TarException("The archive sets %s for all of its entries".formatted(key));
                }
            }
        }

        String name(TarBlock block) throws TarException {
            byte[] path = pax.get(PaxRecords.PATH);
            String result = decode(path != null ? path : longName != null ? longName : withPrefix(block));
            for (String key : pax.keySet()) {
                if (key.startsWith(PaxRecords.SPARSE)) {
                    throw new TarException(result, "is a sparse file, which is not supported");
                }
            }
            return result;
        }

        String link(TarBlock block) throws TarException {
            byte[] path = pax.get(PaxRecords.LINK_PATH);
            return decode(path != null ? path : longLink != null ? longLink : block.text(TarBlock.LINK));
        }

        long number(String key, TarBlock block, TarBlock.Field field) throws TarException {
            byte[] value = pax.get(key);
            return value != null ? PaxRecords.number(value) : block.number(field);
        }

        Instant modified(TarBlock block) throws TarException {
            byte[] value = pax.get(PaxRecords.MODIFIED);
            return value != null ? PaxRecords.time(value) : instant(block.number(TarBlock.MODIFIED), 0);
        }

        SortedMap<String, byte[]> xattrs() {
            SortedMap<String, byte[]> xattrs = new TreeMap<>();
            pax.forEach((key, value) -> {
                if (key.startsWith(PaxRecords.XATTR)) {
                    xattrs.put(key.substring(PaxRecords.XATTR.length()), value);
                }
            });
            return xattrs;
        }

        private byte[] withPrefix(TarBlock block) {
            byte[] prefix = block.text(TarBlock.PREFIX);
            byte[] base = block.text(TarBlock.NAME);
            boolean ustar =
                    new String(block.text(TarBlock.MAGIC), java.nio.charset.StandardCharsets.US_ASCII).equals("ustar");
            if (prefix.length == 0 || !ustar) {
                return base;
            }
            byte[] whole = Arrays.copyOf(prefix, prefix.length + 1 + base.length);
            whole[prefix.length] = '/';
            System.arraycopy(base, 0, whole, prefix.length + 1, base.length);
            return whole;
        }

        private byte[] untilNul(byte[] value) {
            int end = 0;
            while (end < value.length && value[end] != 0) {
                end++;
            }
            return Arrays.copyOf(value, end);
        }

        private String decode(byte[] value) throws TarException {
            String text = FileNames.decode(value);
            if (value.length == 0 || value.length > TarLimits.NAME_BYTES) {
                throw new TarException(
                        text,
                        "has a name or target of %s bytes; expected 1 to %s"
                                .formatted(value.length, TarLimits.NAME_BYTES));
            }
            if (text.indexOf(0) >= 0) {
                throw new TarException(text, "has a zero byte in its name or target");
            }
            return text;
        }
    }
}
