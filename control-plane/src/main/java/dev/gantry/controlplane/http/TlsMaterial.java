package dev.gantry.controlplane.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;

/**
 * What the server shows to clients, and whose clients it trusts.
 *
 * @param key the server's private key
 * @param chain the server's certificate, the leaf first
 * @param clientAuthorities who may have issued a client's certificate
 */
public record TlsMaterial(PrivateKey key, List<X509Certificate> chain, List<X509Certificate> clientAuthorities) {
    public TlsMaterial {
        chain = List.copyOf(chain);
        clientAuthorities = List.copyOf(clientAuthorities);
    }

    /**
     * Reads PEM files; the key is PKCS#8, RSA or EC.
     *
     * @throws IOException when a file is missing, or holds something else
     */
    public static TlsMaterial fromPem(Path key, Path chain, Path clientAuthorities) throws IOException {
        return new TlsMaterial(readKey(key), readCertificates(chain), readCertificates(clientAuthorities));
    }

    private static PrivateKey readKey(Path file) throws IOException {
        String body = Files.readString(file)
                .replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "")
                .replaceAll("\\s", "");
        byte[] der;
        try {
            der = Base64.getDecoder().decode(body);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is not a private key in PEM (PKCS#8, \"BEGIN PRIVATE KEY\")", e);
        }
        for (String algorithm : List.of("EC", "RSA", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (GeneralSecurityException e) {
                // a key of another algorithm: the next is tried, and the failure of all is reported below
                continue;
            }
        }
        throw new IOException(file + " holds no EC, RSA or Ed25519 key in PKCS#8");
    }

    private static List<X509Certificate> readCertificates(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (CertificateException e) {
            throw new IOException(file + " holds no X.509 certificates in PEM", e);
        }
    }
}
