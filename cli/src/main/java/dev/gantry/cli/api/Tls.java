package dev.gantry.cli.api;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.gantry.cli.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** The TLS side of a {@link Kubeconfig}, with the JDK's own means: a provider of more kinds of keys would cost a fifth of a second at each start. */
final class Tls {
    private static final char[] NO_PASSWORD = new char[0];

    private Tls() {}

    static SSLContext context(Kubeconfig config) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(config), trust(config.authority()), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new Failure("the kubeconfig's certificates can't be used: %s".formatted(e.getMessage()), e);
        }
    }

    private static KeyManager @Nullable [] keys(Kubeconfig config) throws GeneralSecurityException, IOException {
        if (config.certificate() == null || config.key() == null) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "client",
                privateKey(config.key()),
                NO_PASSWORD,
                certificates(config.certificate()).toArray(Certificate[]::new));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static TrustManager @Nullable [] trust(byte @Nullable [] authority)
            throws GeneralSecurityException, IOException {
        if (authority == null) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int index = 0;
        for (Certificate certificate : certificates(authority)) {
            store.setCertificateEntry("authority-" + index, certificate);
            index++;
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static Collection<? extends Certificate> certificates(byte[] pem) throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
    }

    private static PrivateKey privateKey(byte[] pem) throws GeneralSecurityException {
        String text = new String(pem, US_ASCII);
        if (!text.contains("BEGIN PRIVATE KEY")) {
            throw new GeneralSecurityException("the client key must be PKCS#8 (BEGIN PRIVATE KEY)");
        }
        byte[] der = Base64.getMimeDecoder().decode(text.replaceAll("-----[A-Z ]+-----", ""));
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(der);
        for (String algorithm : new String[] {"EC", "RSA", "Ed25519"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (java.security.spec.InvalidKeySpecException e) {
                continue; // another kind of key
            }
        }
        throw new GeneralSecurityException("the client key is neither EC, RSA nor Ed25519");
    }
}
