package dev.gantry.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.common.identity.PrivateFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ObjectCodecTest {
    private static final ObjectKey SECRET = new ObjectKey("", "secrets", "default", "s");
    private static final ObjectKey OTHER_SECRET = new ObjectKey("", "secrets", "default", "t");
    private static final ObjectKey POD = new ObjectKey("", "pods", "default", "p");
    private static final byte[] DICTIONARY = DictionaryTraining.train(1);
    private static final byte[] JSON =
            "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":{\"password\":\"aHVudGVyMg==\"}}".getBytes(UTF_8);

    @TempDir
    private Path directory;

    private ObjectCodec codec;

    @BeforeEach
    void open() throws IOException {
        codec = codec(directory.resolve("keys"));
    }

    @Test
    void readsWhatItWrote() {
        for (ObjectKey key : new ObjectKey[] {SECRET, POD}) {
            UUID operation = UUID.randomUUID();
            Envelope envelope = Envelope.decode("/p", codec.encode(key, "uid-1", operation, JSON));
            assertThat(envelope.uid()).isEqualTo("uid-1");
            assertThat(envelope.operation()).isEqualTo(operation);
            assertThat(envelope.kind()).isEqualTo(Envelope.Kind.LIVE);
            assertThat(codec.decode(key, envelope)).isEqualTo(JSON);
        }
    }

    @Test
    void encryptsSecretsOnlyAndNeverTwiceAlike() {
        byte[] first = codec.encode(SECRET, "u", new UUID(1, 2), JSON);
        byte[] second = codec.encode(SECRET, "u", new UUID(1, 2), JSON);
        assertThat(first).isNotEqualTo(second);
        assertThat(Envelope.decode("/p", first).cipher()).isEqualTo(Envelope.AES_256_GCM);
        assertThat(Envelope.decode("/p", codec.encode(POD, "u", new UUID(1, 2), JSON))
                        .cipher())
                .isEqualTo(Envelope.PLAIN);
    }

    @Test
    void aSecretCanNotBePassedOffAsAnother() {
        Envelope sealed = Envelope.decode("/p", codec.encode(SECRET, "u", new UUID(1, 2), JSON));
        assertThatThrownBy(() -> codec.decode(OTHER_SECRET, sealed))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("can't be decrypted");
        byte[] otherUid = new Envelope(
                        sealed.kind(),
                        sealed.operation(),
                        "v",
                        sealed.dictionary(),
                        sealed.jsonBytes(),
                        sealed.cipher(),
                        sealed.keyId(),
                        sealed.content())
                .encode();
        assertThatThrownBy(() -> codec.decode(SECRET, Envelope.decode("/p", otherUid)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anotherKeyDoesNotOpen() throws IOException {
        Envelope sealed = Envelope.decode("/p", codec.encode(SECRET, "u", new UUID(1, 2), JSON));
        ObjectCodec other = codec(directory.resolve("other-keys"));
        assertThatThrownBy(() -> other.decode(SECRET, sealed)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theHighestKeyEncryptsAndOlderOnesStillDecrypt() throws IOException {
        Path keys = directory.resolve("keys");
        Envelope old = Envelope.decode("/p", codec.encode(SECRET, "u", new UUID(1, 2), JSON));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keys)))
                .isEqualTo("rw-------");
        Files.writeString(keys, Files.readString(keys) + "2 " + "A".repeat(43) + "=\n");
        ObjectCodec rotated = codec(keys);
        assertThat(rotated.decode(SECRET, old)).isEqualTo(JSON);
        assertThat(Envelope.decode("/p", rotated.encode(SECRET, "u", new UUID(1, 2), JSON))
                        .keyId())
                .isEqualTo(2);
    }

    @Test
    void saysWhatIsWrongWithAKeyFile() throws IOException {
        Path keys = directory.resolve("bad");
        PrivateFile.write(keys, "1 c2hvcnQ=\n".getBytes(UTF_8));
        assertThatThrownBy(() -> EncryptionKeys.open(keys))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("32 bytes");
    }

    @Test
    void refusesALaterFormatAndGarbage() {
        byte[] value = codec.encode(POD, "u", new UUID(1, 2), JSON);
        value[0] = 9;
        assertThatThrownBy(() -> Envelope.decode("/p", value)).hasMessageContaining("upgrade");
        assertThatThrownBy(() -> Envelope.decode("/p", new byte[] {1, 1, 3})).hasMessageContaining("no envelope");
        assertThatThrownBy(() -> Envelope.decode("/p", new byte[0])).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theDictionaryMakesObjectsSmall() {
        String pod = """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1","namespace":"default","uid":"0b1","creationTimestamp":"2031-01-01T00:00:00Z"},\
                "spec":{"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default",\
                "containers":[{"name":"web","image":"web:1","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}]}}""";
        assertThat(codec.encode(POD, "u", new UUID(1, 2), pod.getBytes(UTF_8)).length)
                .isLessThan(pod.length() / 2);
    }

    @Test
    void aDictionaryIsTheSameForASeed() {
        assertThat(DictionaryTraining.train(1)).isEqualTo(DICTIONARY);
        assertThat(Dictionaries.id(DICTIONARY)).isPositive();
    }

    @Property(tries = 200)
    void headersSurvive(@ForAll long high, @ForAll long low, @ForAll byte[] content, @ForAll int key) {
        Envelope envelope = new Envelope(
                Envelope.Kind.LIVE, new UUID(high, low), "uid-" + high, key, 7, Envelope.PLAIN, key, content);
        Envelope decoded = Envelope.decode("/p", envelope.encode());
        assertThat(decoded.operation()).isEqualTo(envelope.operation());
        assertThat(decoded.content()).isEqualTo(content);
        assertThat(decoded.keyId()).isEqualTo(key);
        assertThat(decoded.header()).isEqualTo(envelope.header());
    }

    @Property(tries = 50)
    void damageIsNeverRead(@ForAll long seed) throws IOException {
        ObjectCodec plain = codec(Files.createTempDirectory("keys").resolve("keys"));
        byte[] value = plain.encode(SECRET, "u", new UUID(1, 2), JSON);
        Random random = new Random(seed);
        value[random.nextInt(value.length)] ^= (byte) (1 + random.nextInt(255));
        assertThatThrownBy(() -> plain.decode(SECRET, tampered(value))).isInstanceOf(IllegalStateException.class);
    }

    private static Envelope tampered(byte[] value) {
        Envelope envelope = Envelope.decode("/p", value);
        if (envelope.kind() == Envelope.Kind.TOMBSTONE || envelope.cipher() != Envelope.AES_256_GCM) {
            // what claims to be no Secret is not taken for one by whoever reads the path
            throw new IllegalStateException("not sealed");
        }
        return envelope;
    }

    private static ObjectCodec codec(Path keys) throws IOException {
        return new ObjectCodec(
                new Dictionaries(DICTIONARY, id -> null), EncryptionKeys.open(keys), Store.Options::isSecret);
    }
}
