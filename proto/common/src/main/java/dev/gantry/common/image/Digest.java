package dev.gantry.common.image;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The SHA-256 of some content: the only digest algorithm that every registry must know (OCI image specification, "Descriptors"). A value of this type is
 * always well formed, so its {@link #hex} is safe as a file name.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record Digest(String hex) implements Comparable<Digest> {
    /** What every printed digest begins with. */
    public static final String PREFIX = "sha256:";

    private static final int HEX_LENGTH = 64;

    public Digest {
        requireNonNull(hex, "hex is null");
        if (!isHex(hex)) {
            throw new IllegalArgumentException("Not a SHA-256 in hexadecimal: %s; expected %s digits of 0-9 and a-f"
                    .formatted(ImageName.quote(hex), HEX_LENGTH));
        }
    }

    /** @throws IllegalArgumentException saying what was expected */
    public static Digest parse(String text) {
        requireNonNull(text, "text is null");
        if (!isDigest(text)) {
            throw new IllegalArgumentException("Not a digest: %s; expected sha256: and %s digits of 0-9 and a-f"
                    .formatted(ImageName.quote(text), HEX_LENGTH));
        }
        return new Digest(text.substring(PREFIX.length()));
    }

    /** Whether {@link #parse} would accept the text. */
    public static boolean isDigest(String text) {
        return text.startsWith(PREFIX) && isHex(text.substring(PREFIX.length()));
    }

    public static Digest of(byte[] content) {
        return new Digest(HexFormat.of().formatHex(newSha256().digest(content)));
    }

    /** The digest of the text's UTF-8 form. */
    public static Digest of(String content) {
        return of(content.getBytes(StandardCharsets.UTF_8));
    }

    /** The digest of everything that was fed to {@code sha256}, which is reset by it. */
    public static Digest finish(MessageDigest sha256) {
        return new Digest(HexFormat.of().formatHex(sha256.digest()));
    }

    /** A fresh SHA-256, which every Java platform has. */
    public static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java runtime has no SHA-256, which every Java platform must have", e);
        }
    }

    /** Twelve digits: enough for people to tell images apart. */
    public String shortHex() {
        return hex.substring(0, 12);
    }

    @Override
    public int compareTo(Digest other) {
        return hex.compareTo(other.hex);
    }

    @Override
    public String toString() {
        return PREFIX + hex;
    }

    private static boolean isHex(String text) {
        return text.length() == HEX_LENGTH
                && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }
}
