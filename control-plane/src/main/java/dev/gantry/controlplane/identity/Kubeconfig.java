package dev.gantry.controlplane.identity;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.common.identity.Pem;
import dev.gantry.common.identity.PrivateFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** The file by which an administrator's client, {@code gantry} or {@code kubectl}, finds and is known to the cluster. */
public final class Kubeconfig {
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
     * As {@link #write}, unless the file is there and names this server and authority: an administrator's certificate lasts over restarts, and one of a
     * cluster that was wiped is replaced.
     */
    public static void ensure(Path file, String server, ClusterAuthority authority) throws IOException {
        if (Files.exists(file)) {
            String text = Files.readString(file);
            if (text.contains("server: " + server + "\n")
                    && text.contains(base64(Pem.encode(authority.certificate())))) {
                return;
            }
        }
        write(file, server, authority);
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
