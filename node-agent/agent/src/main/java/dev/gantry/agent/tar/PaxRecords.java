package dev.gantry.agent.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/** Records of an extended header (POSIX.1-2001 pax): {@code length key=value\n}. Values are bytes. */
final class PaxRecords {
    static final String PATH = "path";
    static final String LINK_PATH = "linkpath";
    static final String SIZE = "size";
    static final String UID = "uid";
    static final String GID = "gid";
    static final String MODIFIED = "mtime";
    static final String XATTR = "SCHILY.xattr.";
    static final String SPARSE = "GNU.sparse.";

    private static final int MAX_NUMBER_LENGTH = 32;

    private PaxRecords() {}

    static SortedMap<String, byte[]> parse(byte[] bytes) throws TarException {
        SortedMap<String, byte[]> records = new TreeMap<>();
        int at = 0;
        while (at < bytes.length) {
            int space = indexOf(bytes, (byte) ' ', at);
            int length = space < 0 ? -1 : length(bytes, at, space);
            int end = at + length;
            if (length <= space - at || end > bytes.length || bytes[end - 1] != '\n') {
                throw damaged();
            }
            int equals = indexOf(bytes, (byte) '=', space);
            if (equals < 0 || equals >= end) {
                throw damaged();
            }
            records.put(
                    new String(bytes, space + 1, equals - space - 1, UTF_8),
                    Arrays.copyOfRange(bytes, equals + 1, end - 1));
            at = end;
        }
        return records;
    }

    static byte[] format(SortedMap<String, byte[]> records) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        records.forEach((key, value) -> {
            byte[] name = key.getBytes(UTF_8);
            int rest = 1 + name.length + 1 + value.length + 1;
            int length = rest + Integer.toString(rest).length();
            if (Integer.toString(length).length() > Integer.toString(rest).length()) {
                length++;
            }
            out.writeBytes(Integer.toString(length).getBytes(US_ASCII));
            out.write(' ');
            out.writeBytes(name);
            out.write('=');
            out.writeBytes(value);
            out.write('\n');
        });
        return out.toByteArray();
    }

    static long number(byte[] value) throws TarException {
        return decimal(value).longValue();
    }

    static Instant time(byte[] value) throws TarException {
        BigDecimal seconds = decimal(value);
        BigDecimal whole = seconds.setScale(0, java.math.RoundingMode.FLOOR);
        long nanos = seconds.subtract(whole).movePointRight(9).longValue();
        return TarReader.instant(whole.longValue(), nanos);
    }

    static byte[] time(Instant time) {
        BigDecimal seconds = BigDecimal.valueOf(time.getEpochSecond()).add(BigDecimal.valueOf(time.getNano(), 9));
        return seconds.stripTrailingZeros().toPlainString().getBytes(US_ASCII);
    }

    private static BigDecimal decimal(byte[] value) throws TarException {
        String text = new String(value, US_ASCII);
        if (value.length > MAX_NUMBER_LENGTH || !text.matches("-?\\d{1,18}(\\.\\d*)?")) {
            throw damaged();
        }
        return new BigDecimal(text.endsWith(".") ? text + "0" : text);
    }

    private static int length(byte[] bytes, int from, int to) {
        int length = 0;
        for (int i = from; i < to; i++) {
            if (bytes[i] < '0' || bytes[i] > '9' || length > TarLimits.HEADER_BYTES) {
                return -1;
            }
            length = length * 10 + (bytes[i] - '0');
        }
        return length;
    }

    private static int indexOf(byte[] bytes, byte wanted, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    private static TarException damaged() {
        return new TarException("The archive is damaged: an extended header has a wrong record");
    }
}
