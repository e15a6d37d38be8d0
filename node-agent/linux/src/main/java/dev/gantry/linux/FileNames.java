package dev.gantry.linux;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * File names as strings. A name on Linux is any bytes but NUL and slash; here it is UTF-8, and a byte b that is not part of valid UTF-8 becomes the lone surrogate
 * U+DC00 + b, so that every name there is survives the way to a string and back (as Python's surrogateescape, PEP 383).
 */
public final class FileNames {
    private static final char ESCAPE = '\uDC00';

    private FileNames() {}

    /** The bytes of a name or path, without NUL at the end. */
    public static byte[] encode(String name) throws LinuxException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(name.length() + 8);
        int index = 0;
        while (index < name.length()) {
            int point = name.codePointAt(index);
            if (point == 0) {
                throw new LinuxException("a file name with NUL in it", Errno.EINVAL);
            }
            if (point >= ESCAPE + 0x80 && point <= ESCAPE + 0xFF) {
                out.write(point - ESCAPE);
            } else if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                throw new LinuxException("a file name with a lone surrogate in it", Errno.EILSEQ);
            } else {
                out.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
            }
            index += Character.charCount(point);
        }
        return out.toByteArray();
    }

    /** As {@link #encode}, with the NUL that C wants at the end. */
    static byte[] cString(String name) throws LinuxException {
        byte[] bytes = encode(name);
        return java.util.Arrays.copyOf(bytes, bytes.length + 1);
    }

    public static String decode(byte[] bytes, int offset, int length) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes, offset, length);
        try {
            return decoder.decode(in).toString();
        } catch (CharacterCodingException e) {
            return decodeEscaping(decoder.reset(), ByteBuffer.wrap(bytes, offset, length));
        }
    }

    public static String decode(byte[] bytes) {
        return decode(bytes, 0, bytes.length);
    }

    private static String decodeEscaping(CharsetDecoder decoder, ByteBuffer in) {
        CharBuffer out = CharBuffer.allocate(in.remaining());
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            if (!result.isError()) {
                break;
            }
            for (int i = 0; i < result.length(); i++) {
                out.put((char) (ESCAPE + (in.get() & 0xFF)));
            }
        }
        return out.flip().toString();
    }
}
