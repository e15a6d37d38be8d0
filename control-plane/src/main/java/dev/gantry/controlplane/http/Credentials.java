package dev.gantry.controlplane.http;

import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/**
 * What a client showed.
 *
 * @param certificate its certificate, already verified against the trusted authorities; null for none
 * @param bearerToken the token of the Authorization header; null for none
 */
public record Credentials(
        @Nullable X509Certificate certificate, @Nullable String bearerToken) {
    public boolean isEmpty() {
        return certificate == null && bearerToken == null;
    }
}
