package dev.gantry.controlplane.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.gantry.common.identity.PrivateFile;
import dev.gantry.common.process.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

/** The random user and password that every znode belongs to (ZooKeeper's {@code digest} scheme). Whoever has it owns the cluster. */
public final class StoreCredential {
    /** ZooKeeper's name of the scheme. */
    public static final String SCHEME = "digest";

    private final String userAndPassword;

    private StoreCredential(String userAndPassword) {
        this.userAndPassword = requireNonNull(userAndPassword, "userAndPassword is null");
    }

    /**
     * Reads the credential of a state directory, or makes it with mode 0600.
     *
     * @throws ConfigurationException when others may read it, or it holds something else
     */
    public static StoreCredential open(Path file) throws IOException {
        if (Files.exists(file)) {
            String content = new String(PrivateFile.read(file), UTF_8).strip();
            if (!content.contains(":")) {
                throw new ConfigurationException(
                        "%s holds no store credential, expected user:password; restore it from a backup of the state directory"
                                .formatted(file));
            }
            return new StoreCredential(content);
        }
        StoreCredential made = random();
        PrivateFile.write(file, (made.userAndPassword + "\n").getBytes(UTF_8));
        return made;
    }

    /** A new one, kept nowhere. */
    public static StoreCredential random() {
        byte[] password = new byte[32];
        new SecureRandom().nextBytes(password);
        return new StoreCredential(
                "gantry:" + Base64.getUrlEncoder().withoutPadding().encodeToString(password));
    }

    /** What a client presents. */
    public byte[] authentication() {
        return userAndPassword.getBytes(UTF_8);
    }

    /** What every znode carries: all permissions for this credential, none for anyone else. */
    public List<ACL> acl() {
        try {
            // not List.of: ZooKeeper's client asks it whether it contains null
            return Collections.singletonList(new ACL(
                    ZooDefs.Perms.ALL, new Id(SCHEME, DigestAuthenticationProvider.generateDigest(userAndPassword))));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java lacks the hash of ZooKeeper's digest scheme", e);
        }
    }

    @Override
    public String toString() {
        return "StoreCredential[hidden]";
    }
}
