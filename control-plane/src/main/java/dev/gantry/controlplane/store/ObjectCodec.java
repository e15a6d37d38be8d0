package dev.gantry.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.UUID;
import java.util.function.Predicate;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Turns JSON into what a znode holds and back: zstd with a shared dictionary, then AES-256-GCM for the resources that are encrypted. The path and the
 * envelope's header are authenticated with the content, so that nobody can pass one Secret off as another. Safe for use by many threads.
 */
final class ObjectCodec {
    /** Bytes of JSON that an object may have. */
    static final int MAX_JSON_BYTES = 3 << 19;

    private static final String TRANSFORMATION = "AES/GCM/NoPadding";
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final Dictionaries dictionaries;
    private final EncryptionKeys keys;
    private final Predicate<ObjectKey> encrypted;
    private final SecureRandom random = new SecureRandom();

    ObjectCodec(Dictionaries dictionaries, EncryptionKeys keys, Predicate<ObjectKey> encrypted) {
        this.dictionaries = requireNonNull(dictionaries, "dictionaries is null");
        this.keys = requireNonNull(keys, "keys is null");
        this.encrypted = requireNonNull(encrypted, "encrypted is null");
    }

    /** @throws StoreException.TooLarge over {@value #MAX_JSON_BYTES} bytes */
    byte[] encode(ObjectKey key, String uid, UUID operation, byte[] json) {
        if (json.length > MAX_JSON_BYTES) {
            throw new StoreException.TooLarge(key, json.length, MAX_JSON_BYTES);
        }
        Dictionaries.Compressed compressed = dictionaries.compress(json);
        boolean seal = encrypted.test(key);
        Envelope envelope = new Envelope(
                Envelope.Kind.LIVE,
                operation,
                uid,
                compressed.dictionary(),
                json.length,
                seal ? Envelope.AES_256_GCM : Envelope.PLAIN,
                seal ? keys.currentId() : 0,
                compressed.bytes());
        return seal ? seal(StorePaths.of(key), envelope).encode() : envelope.encode();
    }

    /** @throws IllegalStateException when the content was tampered with, or its key or dictionary is missing */
    byte[] decode(ObjectKey key, Envelope envelope) {
        if (envelope.jsonBytes() < 0 || envelope.jsonBytes() > MAX_JSON_BYTES) {
            throw new IllegalStateException("%s claims %d bytes of JSON".formatted(key, envelope.jsonBytes()));
        }
        byte[] compressed = switch (envelope.cipher()) {
            case Envelope.PLAIN -> envelope.content();
            case Envelope.AES_256_GCM -> open(StorePaths.of(key), envelope);
            default ->
                throw new IllegalStateException(
                        "%s is encrypted with unknown cipher %d".formatted(key, envelope.cipher()));
        };
        return dictionaries.decompress(compressed, envelope.dictionary(), envelope.jsonBytes());
    }

    private Envelope seal(String path, Envelope plain) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, plain.keyId(), nonce, path, plain);
            byte[] sealed = cipher.doFinal(plain.content());
            byte[] content = ByteBuffer.allocate(NONCE_BYTES + sealed.length)
                    .put(nonce)
                    .put(sealed)
                    .array();
            return new Envelope(
                    plain.kind(),
                    plain.operation(),
                    plain.uid(),
                    plain.dictionary(),
                    plain.jsonBytes(),
                    plain.cipher(),
                    plain.keyId(),
                    content);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("%s can't be encrypted".formatted(path), e);
        }
    }

    private byte[] open(String path, Envelope sealed) {
        byte[] content = sealed.content();
        if (content.length < NONCE_BYTES) {
            throw new IllegalStateException("%s holds too little to be encrypted".formatted(path));
        }
        byte[] nonce = java.util.Arrays.copyOf(content, NONCE_BYTES);
        try {
            Cipher cipher = cipher(Cipher.DECRYPT_MODE, sealed.keyId(), nonce, path, sealed);
            return cipher.doFinal(content, NONCE_BYTES, content.length - NONCE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(
                    "%s can't be decrypted with key %d: it was not written there with that key"
                            .formatted(path, sealed.keyId()),
                    e);
        }
    }

    private Cipher cipher(int mode, int keyId, byte[] nonce, String path, Envelope envelope)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(TRANSFORMATION);
        cipher.init(mode, keys.key(keyId), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(path.getBytes(UTF_8));
        cipher.updateAAD(envelope.header());
        return cipher;
    }
}
