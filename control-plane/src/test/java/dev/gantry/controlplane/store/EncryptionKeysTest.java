package dev.gantry.controlplane.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.common.process.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EncryptionKeysTest {
    @TempDir
    private Path directory;

    @Test
    void makesAKeyOnceForItsOwnerOnly() throws IOException {
        Path file = directory.resolve("keys");
        EncryptionKeys made = EncryptionKeys.open(file);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(EncryptionKeys.open(file).key(1)).isEqualTo(made.key(1));
        assertThat(made.currentId()).isEqualTo(1);
    }

    @Test
    void theHighestEncryptsAndAllDecrypt() throws IOException {
        Path file = directory.resolve("keys");
        EncryptionKeys first = EncryptionKeys.open(file);
        String second = Files.readString(file).replaceFirst("^1 ", "12 ");
        Files.writeString(file, Files.readString(file) + "\n" + second);
        EncryptionKeys both = EncryptionKeys.open(file);
        assertThat(both.currentId()).isEqualTo(12);
        assertThat(both.key(1)).isEqualTo(first.key(1));
        assertThatThrownBy(() -> both.key(7))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("key 7 is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rwx------"})
    void refusesKeysThatOthersMayReadOrChange(String mode) throws IOException {
        Path file = directory.resolve("keys");
        EncryptionKeys.open(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        assertThatThrownBy(() -> EncryptionKeys.open(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(mode)
                .hasMessageContaining("chmod 600 " + file);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "0 AAAA", "x AAAA", "1 AAAA", "1 %%%%"})
    void refusesWhatIsNoKey(String content) throws IOException {
        Path file = directory.resolve("keys");
        EncryptionKeys.open(file);
        Files.writeString(file, content);
        assertThatThrownBy(() -> EncryptionKeys.open(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("backup");
    }
}
