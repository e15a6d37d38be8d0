package dev.gantry.controlplane.coordination;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.common.identity.PrivateFile;
import dev.gantry.common.process.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** By what a control plane is known in the store: random, made once, and kept as long as its state directory. */
public final class ReplicaName {
    private ReplicaName() {}

    /** @throws ConfigurationException when the file holds something else */
    public static String openOrCreate(Path stateDirectory) throws IOException {
        Path file = stateDirectory.resolve("store.replica");
        if (!Files.exists(file)) {
            PrivateFile.write(file, UUID.randomUUID().toString().getBytes(UTF_8));
        }
        String replica = Files.readString(file).strip();
        if (!replica.matches("[A-Za-z0-9-]+")) {
            throw new ConfigurationException(
                    "%s holds '%s', which is no replica's name; delete the file".formatted(file, replica));
        }
        return replica;
    }
}
