package dev.gantry.controlplane.stream;

import dev.gantry.common.identity.Subject;
import dev.gantry.controlplane.http.RequestUser;
import dev.gantry.controlplane.http.User;
import io.grpc.Status;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * The node at the other end of a gRPC call, by its verified certificate.
 *
 * @param key the certificate's
 */
public record NodePeer(String nodeName, PublicKey key) {
    /**
     * The caller of the gRPC method that the current thread serves.
     *
     * @throws io.grpc.StatusRuntimeException PERMISSION_DENIED when it is no node
     */
    public static NodePeer current() {
        User user = RequestUser.current();
        SSLSession session = RequestUser.currentSession();
        try {
            if (session != null
                    && session.getPeerCertificates()[0] instanceof X509Certificate certificate
                    && Subject.of(certificate).commonName().equals(user.name())) {
                return new NodePeer(
                        Subject.of(certificate).nodeName().orElseThrow(() -> notANode(user)),
                        certificate.getPublicKey());
            }
        } catch (SSLPeerUnverifiedException e) {
            throw notANode(user);
        }
        throw notANode(user);
    }

    private static RuntimeException notANode(User user) {
        return Status.PERMISSION_DENIED
                .withDescription(
                        "%s is no node: only agents with a node's certificate call this".formatted(user.name()))
                .asRuntimeException();
    }
}
