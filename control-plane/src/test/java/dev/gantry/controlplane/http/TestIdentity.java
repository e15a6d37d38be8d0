package dev.gantry.controlplane.http;

import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.CertificateAuthority.Purpose;
import dev.gantry.common.identity.Subject;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority of a test's own, with a server and clients that it knows. */
public final class TestIdentity {
    private static final Duration VALIDITY = Duration.ofHours(1);

    private final CertificateAuthority authority =
            CertificateAuthority.create("test authority", VALIDITY, Clock.systemUTC());

    public TlsMaterial server() {
        KeyPair keys = keys();
        X509Certificate certificate = authority.issue(
                keys.getPublic(),
                new Subject("server", List.of()),
                Purpose.SERVER,
                List.of("127.0.0.1", "localhost"),
                VALIDITY);
        return new TlsMaterial(keys.getPrivate(), List.of(certificate), List.of(authority.certificate()));
    }

    /** Trusts the authority, and shows no certificate. */
    public SSLContext anonymous() {
        return context(null);
    }

    public SSLContext client(String name, String... groups) {
        try {
            KeyPair keys = keys();
            X509Certificate certificate = authority.issue(
                    keys.getPublic(), new Subject(name, List.of(groups)), Purpose.CLIENT, List.of(), VALIDITY);
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("client", keys.getPrivate(), new char[0], new X509Certificate[] {certificate});
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store, new char[0]);
            return context(managers.getKeyManagers());
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private SSLContext context(KeyManager @org.jspecify.annotations.Nullable [] keys) {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", authority.certificate());
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
