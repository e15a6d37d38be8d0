package dev.gantry.agent.image;

import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** Digests and counts what is read. */
final class DigestInputStream extends InputStream {
    private final InputStream in;
    private final MessageDigest sha256 = Digest.newSha256();
    private long bytes;

    DigestInputStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int count = in.read(buffer, offset, length);
        if (count > 0) {
            sha256.update(buffer, offset, count);
            bytes += count;
        }
        return count;
    }

    /** Of everything so far; once. */
    Digest digest() {
        return Digest.finish(sha256);
    }

    long bytes() {
        return bytes;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
