package dev.gantry.common.identity;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts servers whose certificate the cluster's authority has signed, whether the authority is known as a whole or by its fingerprint only (before
 * joining: the server sends its authority along). The server's name is checked in both cases, as far as the connection asks for it.
 */
public final class AuthorityTrust extends X509ExtendedTrustManager {
    private final String fingerprint;

    private AuthorityTrust(String fingerprint) {
        this.fingerprint = requireNonNull(fingerprint, "fingerprint is null");
    }

    /** Trusts the authority whose key has this fingerprint ({@link Keys#fingerprint}). */
    public static AuthorityTrust pinned(String fingerprint) {
        return new AuthorityTrust(fingerprint);
    }

    /** Trusts this authority and no other. */
    public static X509ExtendedTrustManager of(X509Certificate authority) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setCertificateEntry("authority", authority);
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager extended) {
                    return extended;
                }
            }
            throw new IllegalStateException("this JVM has no X.509 trust manager");
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("tried to trust the cluster's authority but failed", e);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        of(authorityIn(chain)).checkServerTrusted(chain, authType, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        of(authorityIn(chain)).checkServerTrusted(chain, authType, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        of(authorityIn(chain)).checkServerTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("a pinned authority verifies servers only");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }

    private X509Certificate authorityIn(X509Certificate[] chain) throws CertificateException {
        return Arrays.stream(chain)
                .filter(certificate -> certificate.getBasicConstraints() >= 0)
                .filter(certificate ->
                        Keys.fingerprint(certificate.getPublicKey()).equals(fingerprint))
                .findFirst()
                .orElseThrow(() -> new CertificateException(
                        "the server's authority is not the one that the join token names (fingerprint %s): it is another"
                                        .formatted(fingerprint)
                                + " cluster, or someone in between; check the address, or make a token there with:"
                                + " gantry token create"));
    }
}
