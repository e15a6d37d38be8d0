package dev.gantry.common.identity;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.util.List;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * A PKCS#10 request (RFC 2986), whose signature proves that the sender holds the private key. Nothing but the key is taken from it.
 *
 * @param publicKey on P-256, with the proof checked
 */
public record CertificateRequest(PublicKey publicKey) {
    private static final int P256_BITS = 256;

    public CertificateRequest {
        requireNonNull(publicKey, "publicKey is null");
    }

    /** A request for {@code keys}, DER. */
    public static byte[] create(KeyPair keys, String commonName) {
        try {
            return new JcaPKCS10CertificationRequestBuilder(
                            new Subject(commonName, List.of()).toX500Name(), keys.getPublic())
                    .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
                    .getEncoded();
        } catch (OperatorCreationException | IOException e) {
            throw new IllegalStateException("tried to make a certificate request but failed", e);
        }
    }

    /** @throws IllegalArgumentException with a sentence when it is no request, its proof is wrong, or its key is not on P-256 */
    public static CertificateRequest parse(byte[] der) {
        try {
            JcaPKCS10CertificationRequest request = new JcaPKCS10CertificationRequest(der);
            PublicKey key = request.getPublicKey();
            if (!(key instanceof ECPublicKey ec)
                    || ec.getParams().getCurve().getField().getFieldSize() != P256_BITS) {
                throw new IllegalArgumentException("the certificate request's key must be on the curve P-256");
            }
            if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
                throw new IllegalArgumentException("the certificate request is not signed by its own key");
            }
            return new CertificateRequest(key);
        } catch (IOException | GeneralSecurityException | OperatorCreationException | PKCSException e) {
            throw new IllegalArgumentException("not a certificate request (PKCS#10, DER): " + e.getMessage(), e);
        }
    }
}
