package dev.gantry.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.UUID;

/**
 * What a znode holds: a header that the cache reads without decoding, and the content as {@link ObjectCodec} made it. Format 1, big-endian:
 *
 * <pre>
 * byte  format version      int   dictionary id (0: none)
 * byte  kind                int   bytes of JSON
 * long  operation id, high  byte  cipher (0: none, 1: AES-256-GCM)
 * long  operation id, low   int   key id
 * byte  length of uid       content: zstd, or nonce and sealed zstd
 * ...   uid, UTF-8
 * </pre>
 *
 * @param kind a live object, or what is left of one
 * @param operation of the write; tells a retry whether it happened
 * @param uid the object's identity
 * @param dictionary 0 for none
 * @param jsonBytes before compression
 * @param cipher 0 for none
 * @param keyId 0 for none
 * @param content never to be modified; empty for a tombstone
 */
record Envelope(
        Kind kind, UUID operation, String uid, int dictionary, int jsonBytes, byte cipher, int keyId, byte[] content) {
    static final byte FORMAT = 1;
    static final byte PLAIN = 0;
    static final byte AES_256_GCM = 1;

    Envelope {
        requireNonNull(kind, "kind is null");
        requireNonNull(operation, "operation is null");
        requireNonNull(uid, "uid is null");
        requireNonNull(content, "content is null");
    }

    static Envelope tombstone(UUID operation, String uid) {
        return new Envelope(Kind.TOMBSTONE, operation, uid, 0, 0, PLAIN, 0, new byte[0]);
    }

    byte[] encode() {
        byte[] header = header();
        byte[] bytes = Arrays.copyOf(header, header.length + content.length);
        System.arraycopy(content, 0, bytes, header.length, content.length);
        return bytes;
    }

    /** Everything before the content: sealed with it, so that none of it can be exchanged. */
    byte[] header() {
        byte[] uidBytes = uid.getBytes(UTF_8);
        if (uidBytes.length > 255) {
            throw new IllegalArgumentException("uid of %d bytes, at most 255 are stored".formatted(uidBytes.length));
        }
        return ByteBuffer.allocate(2 + 16 + 1 + uidBytes.length + 4 + 4 + 1 + 4)
                .put(FORMAT)
                .put(kind.code)
                .putLong(operation.getMostSignificantBits())
                .putLong(operation.getLeastSignificantBits())
                .put((byte) uidBytes.length)
                .put(uidBytes)
                .putInt(dictionary)
                .putInt(jsonBytes)
                .put(cipher)
                .putInt(keyId)
                .array();
    }

    /**
     * @param path for the message
     * @throws IllegalStateException when it is not an envelope, or of a later format
     */
    static Envelope decode(String path, byte[] bytes) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            byte format = buffer.get();
            if (format != FORMAT) {
                throw new IllegalStateException(
                        "%s has format %d, expected %d: a later version of Gantry wrote it; upgrade this one"
                                .formatted(path, format, FORMAT));
            }
            Kind kind = Kind.of(path, buffer.get());
            UUID operation = new UUID(buffer.getLong(), buffer.getLong());
            byte[] uid = new byte[Byte.toUnsignedInt(buffer.get())];
            buffer.get(uid);
            int dictionary = buffer.getInt();
            int jsonBytes = buffer.getInt();
            byte cipher = buffer.get();
            int keyId = buffer.getInt();
            byte[] content = new byte[buffer.remaining()];
            buffer.get(content);
            return new Envelope(kind, operation, new String(uid, UTF_8), dictionary, jsonBytes, cipher, keyId, content);
        } catch (BufferUnderflowException e) {
            throw new IllegalStateException(
                    "%s holds %d bytes that are no envelope of Gantry's".formatted(path, bytes.length), e);
        }
    }

    enum Kind {
        LIVE((byte) 1),
        /** A deletion: kept so that it has a revision and the znode's version goes on. */
        TOMBSTONE((byte) 2);

        private final byte code;

        Kind(byte code) {
            this.code = code;
        }

        static Kind of(String path, byte code) {
            for (Kind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            throw new IllegalStateException("%s holds an envelope of unknown kind %d".formatted(path, code));
        }
    }
}
