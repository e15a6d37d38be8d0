package dev.gantry.common.identity;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityTest {
    private static final String KEY_EXCHANGE = "ECDHE_ECDSA";

    private final CertificateAuthority authority =
            CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC());

    @Test
    void aLeafCarriesTheSubjectThatWasDecided() throws Exception {
        X509Certificate leaf = authority.issue(
                Keys.generate().getPublic(),
                Subject.ofNode("alpha"),
                CertificateAuthority.Purpose.CLIENT,
                List.of(),
                Duration.ofHours(1));
        leaf.verify(authority.certificate().getPublicKey());
        assertThat(Subject.of(leaf)).isEqualTo(new Subject("system:node:alpha", List.of("system:nodes")));
        assertThat(Subject.of(leaf).nodeName()).contains("alpha");
        assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    }

    @Test
    void aSubjectThatLooksLikeAnotherNameStaysOneName() {
        Subject hostile = new Subject("a,O=gantry:administrators+CN=b\\\"", List.of("g,CN=x"));
        X509Certificate leaf = authority.issue(
                Keys.generate().getPublic(),
                hostile,
                CertificateAuthority.Purpose.CLIENT,
                List.of(),
                Duration.ofHours(1));
        assertThat(Subject.of(leaf)).isEqualTo(hostile);
    }

    @Test
    void onlyTheGroupOfNodesMakesANode() {
        assertThat(new Subject("system:node:alpha", List.of()).nodeName()).isEmpty();
        assertThat(new Subject("alpha", List.of(Subject.NODES)).nodeName()).isEmpty();
    }

    @Test
    void aRequestIsTakenOnlyWithProofOfItsKey() {
        KeyPair keys = Keys.generate();
        byte[] request = CertificateRequest.create(keys, "whatever");
        assertThat(CertificateRequest.parse(request).publicKey()).isEqualTo(keys.getPublic());

        byte[] tampered = request.clone();
        tampered[tampered.length - 1] ^= 1;
        assertThatThrownBy(() -> CertificateRequest.parse(tampered)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CertificateRequest.parse("junk".getBytes(UTF_8)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aPinnedAuthorityIsTrustedAndNoOther() throws Exception {
        CertificateAuthority other = CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC());
        AuthorityTrust pinned =
                AuthorityTrust.pinned(Keys.fingerprint(authority.certificate().getPublicKey()));
        pinned.checkServerTrusted(chain(authority, authority), KEY_EXCHANGE);
        assertThatThrownBy(() -> pinned.checkServerTrusted(chain(other, other), KEY_EXCHANGE))
                .isInstanceOf(CertificateException.class)
                .hasMessageContaining("another cluster");
        // the right authority shown beside a leaf that it did not sign
        assertThatThrownBy(() -> pinned.checkServerTrusted(chain(other, authority), KEY_EXCHANGE))
                .isInstanceOf(CertificateException.class);
        assertThatThrownBy(() -> AuthorityTrust.of(authority.certificate())
                        .checkServerTrusted(chain(other, other), KEY_EXCHANGE))
                .isInstanceOf(CertificateException.class);
    }

    @Test
    void aTokenIsReadAsItIsWrittenAndHidesItsSecret() {
        JoinToken token = JoinToken.generate(new SecureRandom(), "ab".repeat(32));
        assertThat(JoinToken.parse(token.text() + "\n")).isEqualTo(token);
        assertThat(token.toString()).doesNotContain(token.secret());
        String cut = token.text().substring(0, 60);
        assertThatThrownBy(() -> JoinToken.parse(cut))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("gantry token create");
    }

    @Test
    void pemIsReadAsItIsWritten() {
        assertThat(Pem.certificates(Pem.encode(List.of(authority.certificate(), authority.certificate()))))
                .containsExactly(authority.certificate(), authority.certificate());
        assertThat(Pem.privateKey(Pem.encode(authority.key()))).isEqualTo(authority.key());
        assertThatThrownBy(() -> Pem.certificates("nothing")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void privateFilesAreForTheirOwnerOnly(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("a/b/key");
        PrivateFile.write(file, "1".getBytes(UTF_8));
        PrivateFile.write(file, "2".getBytes(UTF_8));
        assertThat(file).hasContent("2");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("a"))))
                .isEqualTo("rwx------");
        try (var files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }

    private static X509Certificate[] chain(CertificateAuthority signer, CertificateAuthority shown) {
        X509Certificate leaf = signer.issue(
                Keys.generate().getPublic(),
                new Subject("server", List.of()),
                CertificateAuthority.Purpose.SERVER,
                List.of("localhost", "127.0.0.1"),
                Duration.ofHours(1));
        return new X509Certificate[] {leaf, shown.certificate()};
    }
}
