package dev.gantry.controlplane.identity;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.identity.CertificateRequest;
import dev.gantry.common.identity.Keys;
import dev.gantry.controlplane.identity.JoinRefusedException.Reason;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.TypedResource;
import dev.gantry.controlplane.store.Fence;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lets hosts join: token and key against a certificate, one key for a name. The key's fingerprint is kept as an annotation of the Node object, so that
 * deleting the Node frees its name. Safe for use by many threads.
 */
public final class NodeAdmission {
    /** Annotation of a Node: which key speaks for it. */
    public static final String KEY_ANNOTATION = "gantry.dev/key-sha256";

    private static final TypedResource<Node> NODES = new TypedResource<>("", "v1", "nodes", Node.class);
    private static final CrashPoint CLAIMED = CrashPoint.of("join.name-claimed");
    // RFC 1123 subdomain, at most 63 characters, as the wire contract says
    private static final Pattern NAME =
            Pattern.compile("(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

    private final ClusterAuthority authority;
    private final JoinTokens tokens;
    private final ClusterObjects objects;

    public NodeAdmission(ClusterAuthority authority, JoinTokens tokens, ClusterObjects objects) {
        this.authority = requireNonNull(authority, "authority is null");
        this.tokens = requireNonNull(tokens, "tokens is null");
        this.objects = requireNonNull(objects, "objects is null");
    }

    /**
     * Admits a host under a name.
     *
     * @param request PKCS#10, DER; only its key is used
     * @throws JoinRefusedException with what to do; nothing of the token was used up
     */
    public X509Certificate join(
            String tokenId, String tokenSecret, String nodeName, byte[] request, @Nullable Fence fence)
            throws JoinRefusedException {
        tokens.verify(JoinTokens.Role.NODE, tokenId, tokenSecret);
        if (!NAME.matcher(nodeName).matches()) {
            throw new JoinRefusedException(
                    Reason.INVALID,
                    "a node's name must be lower-case letters, digits, '-' and '.', at most 63 characters,"
                            + " beginning and ending with a letter or digit; choose another with --node-name");
        }
        PublicKey key;
        try {
            key = CertificateRequest.parse(request).publicKey();
        } catch (IllegalArgumentException e) {
            throw new JoinRefusedException(Reason.INVALID, String.valueOf(e.getMessage()));
        }
        String fingerprint = Keys.fingerprint(key);
        requireFree(nodeName, fingerprint);
        tokens.redeem(JoinTokens.Role.NODE, tokenId, tokenSecret, nodeName, fingerprint, fence);
        claim(nodeName, fingerprint, fence);
        CLAIMED.reach();
        return authority.node(nodeName, key);
    }

    /**
     * Another year for a node that shows its certificate.
     *
     * @param key the certificate's
     * @param request PKCS#10, DER, of the same key
     * @throws JoinRefusedException when the key does not speak for the node any more, or the request is of another
     */
    public X509Certificate renew(String nodeName, PublicKey key, byte[] request) throws JoinRefusedException {
        if (!speaksFor(nodeName, key)) {
            throw new JoinRefusedException(
                    Reason.TOKEN,
                    "node %s has joined with another key since: run gantry node reset on this host, then join again"
                            .formatted(nodeName));
        }
        try {
            if (CertificateRequest.parse(request).publicKey().equals(key)) {
                return authority.node(nodeName, key);
            }
        } catch (IllegalArgumentException e) {
            throw new JoinRefusedException(Reason.INVALID, String.valueOf(e.getMessage()));
        }
        throw new JoinRefusedException(
                Reason.INVALID, "the request is of another key than the certificate that was shown");
    }

    /** Whether a verified certificate's key is the one that speaks for the node; also true when the node has no object (it registers itself anew). */
    public boolean speaksFor(String nodeName, PublicKey key) {
        return owner(nodeName).map(Keys.fingerprint(key)::equals).orElse(true);
    }

    private void requireFree(String nodeName, String fingerprint) throws JoinRefusedException {
        if (owner(nodeName).filter(owner -> !owner.equals(fingerprint)).isPresent()) {
            throw new JoinRefusedException(
                    Reason.NAME_TAKEN,
                    ("node %s has joined with another key; if that host is gone or was reset, delete it first with:"
                                    + " gantry delete node %s; else join under another name with --node-name")
                            .formatted(nodeName, nodeName));
        }
    }

    private Optional<String> owner(String nodeName) {
        return objects.get(NODES, null, nodeName)
                .map(node -> node.getMetadata().getAnnotations())
                .map(annotations -> annotations.get(KEY_ANNOTATION));
    }

    private void claim(String nodeName, String fingerprint, @Nullable Fence fence) throws JoinRefusedException {
        try {
            Optional<Node> existing = objects.get(NODES, null, nodeName);
            if (existing.isEmpty()) {
                objects.create(
                        NODES,
                        new NodeBuilder()
                                .withNewMetadata()
                                .withName(nodeName)
                                .withAnnotations(Map.of(KEY_ANNOTATION, fingerprint))
                                .addToLabels("kubernetes.io/hostname", nodeName)
                                .endMetadata()
                                .withNewSpec()
                                .endSpec()
                                .build(),
                        fence);
            } else if (owner(nodeName).isEmpty()) {
                objects.update(
                        NODES,
                        new NodeBuilder(existing.get())
                                .editMetadata()
                                .addToAnnotations(KEY_ANNOTATION, fingerprint)
                                .endMetadata()
                                .build(),
                        fence);
            }
        } catch (ApiException e) {
            // another host claimed the name at this moment, or this one's earlier attempt did
            requireFree(nodeName, fingerprint);
            if (owner(nodeName).isEmpty()) {
                throw e;
            }
        }
    }
}
