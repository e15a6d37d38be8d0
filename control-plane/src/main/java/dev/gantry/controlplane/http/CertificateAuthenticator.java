package dev.gantry.controlplane.http;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** The user is the subject of the client's certificate: the common name is the user's name, each organization a group, as in Kubernetes. */
public final class CertificateAuthenticator implements Authenticator {
    @Override
    public Optional<User> authenticate(Credentials credentials) {
        X509Certificate certificate = credentials.certificate();
        if (certificate == null) {
            return Optional.empty();
        }
        try {
            return user(new LdapName(certificate.getSubjectX500Principal().getName()));
        } catch (InvalidNameException e) {
            return Optional.empty();
        }
    }

    private static Optional<User> user(LdapName subject) {
        String name = "";
        List<String> groups = new ArrayList<>();
        for (Rdn rdn : subject.getRdns()) {
            if (rdn.getType().equalsIgnoreCase("CN")) {
                name = rdn.getValue().toString();
            } else if (rdn.getType().equalsIgnoreCase("O")) {
                groups.add(rdn.getValue().toString());
            }
        }
        return name.isEmpty() ? Optional.empty() : Optional.of(new User(name, groups));
    }
}
