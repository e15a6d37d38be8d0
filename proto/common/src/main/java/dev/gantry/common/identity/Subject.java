package dev.gantry.common.identity;

import static java.util.Objects.requireNonNull;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;

/**
 * The subject of a certificate as Kubernetes reads it: the common name is the user, the organizations are the groups.
 *
 * @param commonName the user, such as {@code system:node:alpha}
 * @param organizations the groups, such as {@code system:nodes}
 */
public record Subject(String commonName, List<String> organizations) {
    /** The group of every node. */
    public static final String NODES = "system:nodes";

    /** The group of the cluster's administrators. */
    public static final String ADMINISTRATORS = "gantry:administrators";

    /** The group of control planes. */
    public static final String CONTROL_PLANES = "gantry:control-planes";

    private static final String NODE_PREFIX = "system:node:";

    public Subject {
        requireNonNull(commonName, "commonName is null");
        organizations = List.copyOf(organizations);
    }

    /** The subject of a node's certificate. */
    public static Subject ofNode(String nodeName) {
        return new Subject(NODE_PREFIX + nodeName, List.of(NODES));
    }

    /** The subject that a certificate carries. Its chain must have been verified before anything is concluded from it. */
    public static Subject of(X509Certificate certificate) {
        X500Name name =
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        RDN[] commonNames = name.getRDNs(BCStyle.CN);
        List<String> organizations = new ArrayList<>();
        for (RDN organization : name.getRDNs(BCStyle.O)) {
            organizations.add(text(organization));
        }
        return new Subject(commonNames.length == 1 ? text(commonNames[0]) : "", organizations);
    }

    /** The node that the subject stands for; empty for anything but a node. */
    public Optional<String> nodeName() {
        if (!organizations.contains(NODES) || !commonName.startsWith(NODE_PREFIX)) {
            return Optional.empty();
        }
        return Optional.of(commonName.substring(NODE_PREFIX.length()));
    }

    X500Name toX500Name() {
        X500NameBuilder builder = new X500NameBuilder(BCStyle.INSTANCE);
        organizations.forEach(organization -> builder.addRDN(BCStyle.O, organization));
        builder.addRDN(BCStyle.CN, commonName);
        return builder.build();
    }

    private static String text(RDN name) {
        return name.getFirst().getValue() instanceof ASN1String string ? string.getString() : "";
    }
}
