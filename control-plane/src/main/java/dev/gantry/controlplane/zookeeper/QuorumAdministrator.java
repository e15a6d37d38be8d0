package dev.gantry.controlplane.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/** ZooKeeper's super user, who alone may change a quorum's members: a password of this process, known to nobody else and kept nowhere. */
final class QuorumAdministrator {
    private static final String USER_AND_PASSWORD = "super:" + random();

    private QuorumAdministrator() {}

    /** Must run before any class of ZooKeeper is used; idempotent. */
    static void install() {
        System.setProperty("zookeeper.DigestAuthenticationProvider.superDigest", "super:" + hash());
    }

    /** What a client presents. */
    static byte[] authentication() {
        return USER_AND_PASSWORD.getBytes(UTF_8);
    }

    private static String random() {
        byte[] password = new byte[32];
        new SecureRandom().nextBytes(password);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(password);
    }

    /** As ZooKeeper's own function, whose class would read the property too early. */
    private static String hash() {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA1").digest(authentication()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java lacks the hash of ZooKeeper's digest scheme", e);
        }
    }
}
