package dev.gantry.common.identity;

import static java.util.Objects.requireNonNull;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * What a host needs to join: {@code gantry1.<id>.<secret>.<authority>}. The authority's fingerprint lets the host verify the control plane before it
 * shows the secret; the id lets the control plane find the token of which it keeps a hash only. When it expires is known to the control plane alone.
 *
 * @param id public; ten lower-case letters and digits
 * @param secret 32 random bytes, base64url without padding
 * @param authorityFingerprint as {@link Keys#fingerprint} of the authority's key
 */
public record JoinToken(String id, String secret, String authorityFingerprint) {
    private static final String FORMAT = "gantry1";
    private static final Pattern ID = Pattern.compile("[a-z0-9]{10}");
    private static final Pattern SECRET = Pattern.compile("[A-Za-z0-9_-]{43}");
    private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{64}");
    private static final String ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

    public JoinToken {
        require(ID, id, "id");
        require(SECRET, secret, "secret");
        require(FINGERPRINT, authorityFingerprint, "authority fingerprint");
    }

    public static JoinToken generate(SecureRandom random, String authorityFingerprint) {
        StringBuilder id = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            id.append(ID_ALPHABET.charAt(random.nextInt(ID_ALPHABET.length())));
        }
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        return new JoinToken(
                id.toString(), Base64.getUrlEncoder().withoutPadding().encodeToString(secret), authorityFingerprint);
    }

    /** @throws IllegalArgumentException saying which part is wrong; it never repeats the secret */
    public static JoinToken parse(String text) {
        String[] parts = requireNonNull(text, "text is null").strip().split("\\.", -1);
        if (parts.length != 4 || !parts[0].equals(FORMAT)) {
            throw new IllegalArgumentException(
                    "not a join token: expected gantry1.<id>.<secret>.<authority fingerprint>, in four parts;"
                            + " make one with: gantry token create");
        }
        return new JoinToken(parts[1], parts[2], parts[3]);
    }

    /** The whole token, as a person copies it. */
    public String text() {
        return String.join(".", FORMAT, id, secret, authorityFingerprint);
    }

    /** Without the secret, so that a log cannot hold it. */
    @Override
    public String toString() {
        return "JoinToken[%s]".formatted(id);
    }

    private static void require(Pattern pattern, String value, String what) {
        if (!pattern.matcher(requireNonNull(value, what + " is null")).matches()) {
            throw new IllegalArgumentException(
                    "the join token's %s is malformed: copy the whole token, or make one with: gantry token create"
                            .formatted(what));
        }
    }
}
