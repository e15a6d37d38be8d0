package dev.gantry.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.common.identity.PrivateFile;
import dev.gantry.common.process.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys that stored Secrets are encrypted with, from a file of the state directory (mode 0600): a line each, {@code <id> <base64 of 32 bytes>}. The
 * highest id encrypts, all decrypt. They never go into the store.
 */
final class EncryptionKeys {
    private static final int KEY_BYTES = 32;

    private final Map<Integer, SecretKey> keys;
    private final int currentId;

    private EncryptionKeys(TreeMap<Integer, SecretKey> keys) {
        this.keys = Map.copyOf(keys);
        this.currentId = keys.lastKey();
    }

    /**
     * Reads the keys, or makes the first one.
     *
     * @throws ConfigurationException when others may read them, or the file holds something else
     */
    static EncryptionKeys open(Path file) throws IOException {
        if (!Files.exists(file)) {
            byte[] key = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(key);
            PrivateFile.write(
                    file,
                    "1 %s%n".formatted(Base64.getEncoder().encodeToString(key)).getBytes(UTF_8));
        }
        TreeMap<Integer, SecretKey> keys = new TreeMap<>();
        for (String line : new String(PrivateFile.read(file), UTF_8).lines().toList()) {
            if (!line.isBlank()) {
                parse(file, line, keys);
            }
        }
        if (keys.isEmpty()) {
            throw new ConfigurationException(
                    "%s holds no key; restore it from a backup of the state directory".formatted(file));
        }
        return new EncryptionKeys(keys);
    }

    int currentId() {
        return currentId;
    }

    /** @throws IllegalStateException when there is no such key */
    SecretKey key(int id) {
        SecretKey key = keys.get(id);
        if (key == null) {
            throw new IllegalStateException(
                    "encryption key %d is missing, there are %s: this state directory is not of the control plane that wrote it"
                            .formatted(id, keys.keySet()));
        }
        return key;
    }

    private static void parse(Path file, String line, Map<Integer, SecretKey> keys) throws IOException {
        String[] parts = line.strip().split(" ", 2);
        try {
            byte[] key = Base64.getDecoder().decode(parts[1]);
            int id = Integer.parseInt(parts[0]);
            if (key.length != KEY_BYTES || id <= 0) {
                throw new IllegalArgumentException("id %d with %d bytes".formatted(id, key.length));
            }
            keys.put(id, new SecretKeySpec(key, "AES"));
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new ConfigurationException(
                    "%s has a line that is no key, expected an id above 0 and %d bytes in base64; restore it from a backup of the state directory"
                            .formatted(file, KEY_BYTES));
        }
    }
}
