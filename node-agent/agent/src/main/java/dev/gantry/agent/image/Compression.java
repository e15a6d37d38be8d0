package dev.gantry.agent.image;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/** Takes gzip or zstd off a stream, as its first bytes tell, whatever a media type says. */
public final class Compression {
    private static final int BUFFER = 1 << 16;
    private static final int MAGIC = 4;

    private Compression() {}

    /**
     * The plain stream. How much comes out of it is for its reader to limit.
     *
     * @param in closed with the result
     */
    public static InputStream decompress(InputStream in) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
        buffered.mark(MAGIC);
        byte[] magic = buffered.readNBytes(MAGIC);
        buffered.reset();
        if (isGzip(magic)) {
            return new BufferedInputStream(new GZIPInputStream(buffered, BUFFER), BUFFER);
        }
        if (isZstd(magic)) {
            return new BufferedInputStream(new ZstdInputStream(buffered), BUFFER);
        }
        return buffered;
    }

    /** Whether the bytes begin a stream that {@link #decompress} would change. */
    public static boolean isCompressed(byte[] start) {
        return isGzip(start) || isZstd(start);
    }

    private static boolean isGzip(byte[] start) {
        return start.length >= 2 && (start[0] & 0xFF) == 0x1F && (start[1] & 0xFF) == 0x8B;
    }

    private static boolean isZstd(byte[] start) {
        return start.length >= 4
                && (start[0] & 0xFF) == 0x28
                && (start[1] & 0xFF) == 0xB5
                && (start[2] & 0xFF) == 0x2F
                && (start[3] & 0xFF) == 0xFD;
    }
}
