package dev.gantry.controlplane.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.Manifest;
import dev.gantry.controlplane.registry.RegistryFixture.Answer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody who may not, or who lies, gets from the registry: nothing. */
final class RegistryAttackTest {
    private static final byte[] HELLO = "hello, layer".getBytes(UTF_8);

    @TempDir
    Path directory;

    private RegistryFixture fixture;

    @BeforeEach
    void start() throws IOException {
        fixture = new RegistryFixture(directory.resolve("registry"));
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void nobodyReadsOrWritesUnknown() {
        Digest image = fixture.pushImage("web", "1", HELLO).orElseThrow();
        try (HttpClient nobody = RegistryFixture.client(fixture.identity.anonymous())) {
            for (String path : List.of(
                    "/v2/",
                    "/v2/web/tags/list",
                    "/v2/web/manifests/1",
                    "/v2/web/manifests/" + image,
                    "/v2/web/blobs/" + Digest.of(HELLO))) {
                Answer refused = fixture.send(nobody, fixture.request(path));
                assertThat(refused.status()).as(path).isEqualTo(401);
                assertThat(refused.code()).as(path).isEqualTo("UNAUTHORIZED");
            }
            HttpRequest.Builder push = fixture.request("/v2/web/blobs/uploads/?digest=" + Digest.of(HELLO))
                    .POST(BodyPublishers.ofByteArray(HELLO));
            assertThat(fixture.send(nobody, push).status()).isEqualTo(401);
        }
    }

    @Test
    void aUserOfNoRoleIsDenied() {
        fixture.pushBlob("web", HELLO);
        try (HttpClient user = RegistryFixture.client(fixture.identity.client("mallory"))) {
            Answer refused = fixture.send(user, fixture.request("/v2/web/blobs/" + Digest.of(HELLO)));
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.code()).isEqualTo("DENIED");
            HttpRequest.Builder push = fixture.request("/v2/web/blobs/uploads/").POST(BodyPublishers.noBody());
            assertThat(fixture.send(user, push).status()).isEqualTo(403);
        }
    }

    @Test
    void aNodeSaysNothingOfNamesAndDeletesNothing() {
        Digest image = fixture.pushImage("web", "1", HELLO).orElseThrow();
        byte[] manifest = fixture.get("/v2/web/manifests/1").body();
        try (HttpClient node = fixture.node("a1")) {
            assertThat(fixture.send(node, fixture.request("/v2/web/manifests/1"))
                            .status())
                    .isEqualTo(200);
            for (String reference : List.of("1", "2", "x/manifests/1")) {
                HttpRequest.Builder tag = fixture.request("/v2/web/manifests/" + reference)
                        .header("Content-Type", Manifest.OCI_MANIFEST)
                        .PUT(BodyPublishers.ofByteArray(manifest));
                assertThat(fixture.send(node, tag).status()).as(reference).isEqualTo(403);
            }
            HttpRequest.Builder byDigest = fixture.request("/v2/web/manifests/" + image)
                    .header("Content-Type", Manifest.OCI_MANIFEST)
                    .PUT(BodyPublishers.ofByteArray(manifest));
            assertThat(fixture.send(node, byDigest).status()).isEqualTo(201);
            for (String path : List.of("/v2/web/manifests/1", "/v2/web/manifests/" + image)) {
                assertThat(fixture.send(node, fixture.request(path).DELETE()).status())
                        .as(path)
                        .isEqualTo(403);
            }
        }
        assertThat(fixture.get("/v2/web/tags/list").json().path("tags").toString())
                .isEqualTo("[\"1\"]");
    }

    @Test
    void anothersUploadIsNotToBeGoneOnWith() {
        try (HttpClient one = fixture.node("a1");
                HttpClient two = fixture.node("a2")) {
            String location = fixture.send(
                            one, fixture.request("/v2/web/blobs/uploads/").POST(BodyPublishers.noBody()))
                    .header("location");
            for (HttpRequest.Builder request : List.of(
                    fixture.request(location),
                    fixture.request(location).method("PATCH", BodyPublishers.ofByteArray(HELLO)),
                    fixture.request(location + "?digest=" + Digest.of(HELLO)).PUT(BodyPublishers.ofByteArray(HELLO)))) {
                Answer refused = fixture.send(two, request);
                assertThat(refused.status()).isEqualTo(404);
            }
            String elsewhere = location.replace("/v2/web/", "/v2/other/");
            assertThat(fixture.send(one, fixture.request(elsewhere)).status())
                    .as("another repository's")
                    .isEqualTo(404);
            assertThat(fixture.send(one, fixture.request(location)).status()).isEqualTo(204);
        }
    }

    @Test
    void contentIsWhatItsDigestSays() {
        Digest claimed = Digest.of("something else");
        Answer refused = fixture.post("/v2/web/blobs/uploads/?digest=" + claimed, HELLO);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.code()).isEqualTo("DIGEST_INVALID");
        assertThat(fixture.head("/v2/web/blobs/" + claimed).status()).isEqualTo(404);
        byte[] config = "{}".getBytes(UTF_8);
        fixture.pushBlob("web", config);
        Answer manifest = fixture.putManifest("web", claimed.toString(), RegistryFixture.manifest(config));
        assertThat(manifest.code()).isEqualTo("DIGEST_INVALID");
        assertThat(directory.resolve("registry/uploads")).isEmptyDirectory();
    }

    @Test
    void namesDoNotClimb() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "secret");
        for (String path : List.of(
                "/v2/web/blobs/..%2f..%2fsecret",
                "/v2/web/blobs/sha256:..%2f..%2f..%2fsecret",
                "/v2/../../secret/blobs/" + Digest.of(HELLO),
                "/v2/%2e%2e/%2e%2e/manifests/1",
                "/v2/web/blobs/uploads/..%2f..%2fsecret",
                "/v2/web/manifests/..%2f..%2f..%2fsecret",
                "/v2/WEB/manifests/1",
                "/v2/web//x/manifests/1",
                "/v2/web/blobs/sha512:" + "0".repeat(128))) {
            Answer answer = fixture.get(path);
            assertThat(answer.status()).as(path).isIn(400, 404);
            assertThat(new String(answer.body(), UTF_8)).as(path).doesNotContain("secret\n");
        }
        Answer upload = fixture.put("/v2/web/blobs/uploads/..%2f..%2fsecret?digest=" + Digest.of(HELLO), HELLO);
        assertThat(upload.status()).isIn(400, 404);
        assertThat(secret).hasContent("secret");
    }

    @Test
    void aManifestIsBounded() {
        byte[] config = "{}".getBytes(UTF_8);
        fixture.pushBlob("web", config);
        byte[] huge =
                (new String(RegistryFixture.manifest(config), UTF_8) + " ".repeat(Manifest.MAX_BYTES)).getBytes(UTF_8);
        Answer refused = fixture.putManifest("web", "1", huge);
        assertThat(refused.status()).isEqualTo(413);
        for (String broken : List.of(
                "",
                "[]",
                "{\"schemaVersion\":1}",
                "{\"schemaVersion\":2,\"layers\":[]}",
                "[".repeat(10_000),
                "{\"schemaVersion\":2,\"config\":{\"digest\":\"../x\",\"size\":1},\"layers\":[]}")) {
            Answer answer = fixture.putManifest("web", "1", broken.getBytes(UTF_8));
            assertThat(answer.status()).as(broken).isEqualTo(400);
            assertThat(answer.code()).as(broken).isEqualTo("MANIFEST_INVALID");
        }
    }

    @Test
    void oneUserHoldsOnlySoManyUploads() {
        try (HttpClient node = fixture.node("a1")) {
            int status = 0;
            for (int i = 0; i < 65; i++) {
                status = fixture.send(
                                node, fixture.request("/v2/web/blobs/uploads/").POST(BodyPublishers.noBody()))
                        .status();
            }
            assertThat(status).isEqualTo(429);
        }
        assertThat(fixture.post("/v2/web/blobs/uploads/", new byte[0]).status())
                .as("another user's")
                .isEqualTo(202);
    }
}
