package dev.gantry.controlplane.identity;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.common.identity.Pem;
import dev.gantry.common.identity.PrivateFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The file by which an administrator's client, {@code gantry} or {@code kubectl}, finds and is known to the cluster. */
public final class Kubeconfig {
    /** A third of the year that a certificate is good for. */
    private static final Duration RENEWED_BEFORE = Duration.ofDays(122);

    private static final Pattern CERTIFICATE = Pattern.compile("client-certificate-data: (\\S+)");

    private Kubeconfig() {}

    /**
     * Writes an administrator's kubeconfig with a new certificate, mode 0600, over an older one.
     *
     * @param server such as {@code https://10.0.0.1:6443}; a name in it must be in the server's certificate
     */
    public static void write(Path file, String server, ClusterAuthority authority) throws IOException {
        PrivateFile.write(
                file, text(server, authority, authority.administrator()).getBytes(UTF_8));
    }

    /**
     * As {@link #write}, unless the file is there, names this server and authority, and is good for a third of a year yet: an administrator's
     * certificate lasts over restarts, one of a cluster that was wiped is replaced, and one that will expire is renewed.
     */
    public static void ensure(Path file, String server, ClusterAuthority authority, Clock clock) throws IOException {
        if (Files.exists(file)) {
            String text = Files.readString(file);
            if (text.contains("server: " + server + "\n")
                    && text.contains(base64(Pem.encode(authority.certificate())))
                    && expiry(text).isAfter(clock.instant().plus(RENEWED_BEFORE))) {
                return;
            }
        }
        write(file, server, authority);
    }

    /** When the administrator's certificate expires; long ago for a file that is not ours. */
    private static Instant expiry(String text) {
        Matcher certificate = CERTIFICATE.matcher(text);
        try {
            return certificate.find()
                    ? Pem.certificates(new String(Base64.getDecoder().decode(certificate.group(1)), US_ASCII))
                            .getFirst()
                            .getNotAfter()
                            .toInstant()
                    : Instant.MIN;
        } catch (IllegalArgumentException e) {
            return Instant.MIN;
        }
    }

    static String text(String server, ClusterAuthority authority, ClusterAuthority.KeyMaterial user) {
        return """
                apiVersion: v1
                kind: Config
                clusters:
                - name: gantry
                  cluster:
                    server: %s
                    certificate-authority-data: %s
                users:
                - name: gantry-administrator
                  user:
                    client-certificate-data: %s
                    client-key-data: %s
                contexts:
                - name: gantry
                  context:
                    cluster: gantry
                    user: gantry-administrator
                current-context: gantry
                """.formatted(
                        server,
                        base64(Pem.encode(authority.certificate())),
                        base64(Pem.encode(user.chain())),
                        base64(Pem.encode(user.key())));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(US_ASCII));
    }
}
