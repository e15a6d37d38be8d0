package dev.gantry.common.identity;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and private keys as text (RFC 7468). */
public final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s+([A-Za-z0-9+/=\\s]+?)-----END \\1-----");
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String PRIVATE_KEY = "PRIVATE KEY";

    private Pem() {}

    public static String encode(X509Certificate certificate) {
        try {
            return block(CERTIFICATE, certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("certificate without an encoding", e);
        }
    }

    /** The certificates one after the other, the leaf first. */
    public static String encode(List<X509Certificate> chain) {
        StringBuilder text = new StringBuilder();
        chain.forEach(certificate -> text.append(encode(certificate)));
        return text.toString();
    }

    /** As PKCS#8, unencrypted. */
    public static String encode(PrivateKey key) {
        return block(PRIVATE_KEY, key.getEncoded());
    }

    /** @throws IllegalArgumentException when there is none, or one is malformed */
    public static List<X509Certificate> certificates(String text) {
        List<X509Certificate> certificates = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            if (matcher.group(1).equals(CERTIFICATE)) {
                certificates.add(certificate(bytes(matcher)));
            }
        }
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException("expected a PEM certificate (-----BEGIN CERTIFICATE-----), found none");
        }
        return List.copyOf(certificates);
    }

    /** @throws IllegalArgumentException when it is malformed */
    public static X509Certificate certificate(byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException e) {
            throw new IllegalArgumentException("not an X.509 certificate: " + e.getMessage(), e);
        }
    }

    /** @throws IllegalArgumentException when there is none, or it is not an unencrypted EC key in PKCS#8 */
    public static PrivateKey privateKey(String text) {
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            if (matcher.group(1).equals(PRIVATE_KEY)) {
                try {
                    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(bytes(matcher)));
                } catch (GeneralSecurityException e) {
                    throw new IllegalArgumentException("not an EC private key in PKCS#8: " + e.getMessage(), e);
                }
            }
        }
        throw new IllegalArgumentException("expected a PEM private key (-----BEGIN PRIVATE KEY-----), found none");
    }

    private static byte[] bytes(Matcher matcher) {
        return Base64.getMimeDecoder().decode(matcher.group(2));
    }

    private static String block(String label, byte[] data) {
        String body = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(data);
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(label, body, label);
    }
}
