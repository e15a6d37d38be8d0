package dev.gantry.common.identity;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;

/** Key pairs on the curve P-256, and the fingerprints by which keys are pinned. */
public final class Keys {
    private Keys() {}

    public static KeyPair generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JVM knows no P-256 keys", e);
        }
    }

    /** SHA-256 over the key's SubjectPublicKeyInfo, in lower-case hexadecimal (RFC 7469, section 2.4, but for the encoding). */
    public static String fingerprint(PublicKey key) {
        return sha256(key.getEncoded());
    }

    /** A public key as text: its SubjectPublicKeyInfo in base64, on one line. */
    public static String encode(PublicKey key) {
        return Base64.getEncoder().encodeToString(key.getEncoded());
    }

    /**
     * The inverse of {@link #encode}.
     *
     * @throws IllegalArgumentException when it is no EC key
     */
    public static PublicKey publicKey(String text) {
        try {
            return KeyFactory.getInstance("EC")
                    .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(text)));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("not a public EC key in base64: " + e.getMessage(), e);
        }
    }

    /** SHA-256 in lower-case hexadecimal. */
    public static String sha256(byte[] data) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM knows no SHA-256", e);
        }
    }
}
