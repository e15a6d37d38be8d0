package dev.gantry.agent.image;

import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Digests and counts what goes through. */
final class DigestOutputStream extends OutputStream {
    private final OutputStream out;
    private final MessageDigest sha256 = Digest.newSha256();
    private long bytes;

    DigestOutputStream(OutputStream out) {
        this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
        out.write(buffer, offset, length);
        sha256.update(buffer, offset, length);
        bytes += length;
    }

    /** Of everything so far; once. */
    Digest digest() {
        return Digest.finish(sha256);
    }

    long bytes() {
        return bytes;
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
