package dev.gantry.agent.tar;

import java.util.Arrays;

/** One 512-byte header: where its fields are, and how numbers are written (POSIX.1-1988 ustar, with GNU's base-256 numbers). */
final class TarBlock {
    static final int SIZE = 512;

    static final Field NAME = new Field(0, 100);
    static final Field MODE = new Field(100, 8);
    static final Field UID = new Field(108, 8);
    static final Field GID = new Field(116, 8);
    static final Field LENGTH = new Field(124, 12);
    static final Field MODIFIED = new Field(136, 12);
    static final Field CHECKSUM = new Field(148, 8);
    static final int TYPE_OFFSET = 156;
    static final Field LINK = new Field(157, 100);
    static final Field MAGIC = new Field(257, 6);
    static final Field VERSION = new Field(263, 2);
    static final Field DEVICE_MAJOR = new Field(329, 8);
    static final Field DEVICE_MINOR = new Field(337, 8);
    static final Field PREFIX = new Field(345, 155);

    private final byte[] bytes;

    TarBlock() {
        this(new byte[SIZE]);
    }

    TarBlock(byte[] bytes) {
        this.bytes = bytes;
    }

    record Field(int offset, int length) {
        /** The largest number that fits as octal digits with a terminator. */
        long maxOctal() {
            return (1L << (3 * (length - 1))) - 1;
        }
    }

    byte[] bytes() {
        return bytes;
    }

    boolean isZero() {
        for (byte b : bytes) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    char type() {
        return (char) (bytes[TYPE_OFFSET] & 0xFF);
    }

    void type(char flag) {
        bytes[TYPE_OFFSET] = (byte) flag;
    }

    /** Up to the first NUL. */
    byte[] text(Field field) {
        int end = field.offset();
        while (end < field.offset() + field.length() && bytes[end] != 0) {
            end++;
        }
        return Arrays.copyOfRange(bytes, field.offset(), end);
    }

    void text(Field field, byte[] value) {
        System.arraycopy(value, 0, bytes, field.offset(), Math.min(value.length, field.length()));
    }

    /** @throws TarException when the field holds no number */
    long number(Field field) throws TarException {
        int first = bytes[field.offset()] & 0xFF;
        if (first == 0x80 || first == 0xFF) {
            return base256(field, first == 0xFF);
        }
        long value = 0;
        boolean digits = false;
        for (int i = field.offset(); i < field.offset() + field.length(); i++) {
            int c = bytes[i];
            if (c >= '0' && c <= '7') {
                value = value * 8 + (c - '0');
                digits = true;
            } else if (c == 0 || (c == ' ' && digits)) {
                break;
            } else if (c != ' ') {
                throw new TarException(
                        "The archive is damaged: a number in a header has the byte 0x%02x".formatted(c & 0xFF));
            }
        }
        return value;
    }

    private long base256(Field field, boolean negative) throws TarException {
        long value = negative ? -1 : 0;
        for (int i = field.offset() + 1; i < field.offset() + field.length(); i++) {
            if (value != (negative ? -1 : 0) && Math.abs(value) >= 1L << 54) {
                throw new TarException("The archive is damaged: a number in a header is too large");
            }
            value = (value << 8) | (bytes[i] & 0xFF);
        }
        return value;
    }

    /** @param value from 0 to {@link Field#maxOctal} */
    void number(Field field, long value) {
        String digits = Long.toOctalString(value);
        int start = field.offset() + field.length() - 1 - digits.length();
        Arrays.fill(bytes, field.offset(), start, (byte) '0');
        for (int i = 0; i < digits.length(); i++) {
            bytes[start + i] = (byte) digits.charAt(i);
        }
        bytes[field.offset() + field.length() - 1] = 0;
    }

    void seal() {
        String digits = "%06o".formatted(sum());
        for (int i = 0; i < 6; i++) {
            bytes[CHECKSUM.offset() + i] = (byte) digits.charAt(i);
        }
        bytes[CHECKSUM.offset() + 6] = 0;
        bytes[CHECKSUM.offset() + 7] = ' ';
    }

    boolean hasRightChecksum() throws TarException {
        return number(CHECKSUM) == sum();
    }

    private int sum() {
        int sum = 0;
        for (int i = 0; i < SIZE; i++) {
            boolean inChecksum = i >= CHECKSUM.offset() && i < CHECKSUM.offset() + CHECKSUM.length();
            sum += inChecksum ? ' ' : bytes[i] & 0xFF;
        }
        return sum;
    }
}
