package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import dev.gantry.common.registry.Descriptor;
import dev.gantry.common.registry.Manifest;
import dev.gantry.controlplane.http.BuiltInRoles;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.registry.RegistryPath.OfBlob;
import dev.gantry.controlplane.registry.RegistryPath.OfManifest;
import dev.gantry.controlplane.registry.RegistryPath.OfTags;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Manifests by tag and by digest, and the tags. A tag is what an Image object says. */
final class ManifestEndpoint {
    private final BlobStore store;
    private final Uploads uploads;
    private final BlobEndpoint blobs;
    private final BlobSource others;
    private final ImageNames names;

    ManifestEndpoint(BlobStore store, Uploads uploads, BlobEndpoint blobs, BlobSource others, ImageNames names) {
        this.store = requireNonNull(store, "store is null");
        this.uploads = requireNonNull(uploads, "uploads is null");
        this.blobs = requireNonNull(blobs, "blobs is null");
        this.others = requireNonNull(others, "others is null");
        this.names = requireNonNull(names, "names is null");
    }

    Response get(Request request, OfManifest path) throws IOException {
        Digest digest = digest(path);
        Optional<Manifest> found = store.manifest(digest);
        if (found.isEmpty() && !request.user().isIn(BuiltInRoles.CONTROL_PLANES)) {
            found = others.manifest(path.repository(), digest);
        }
        Manifest manifest = found.orElseThrow(() -> Refusal.manifestUnknown(path.repository(), path.reference()));
        return Response.of(200, manifest.mediaType(), request.headersOnly() ? new byte[0] : manifest.bytes())
                .withHeader("content-length", Integer.toString(manifest.bytes().length))
                .withHeader("docker-content-digest", digest.toString())
                .withHeader("etag", "\"" + digest + "\"");
    }

    Response put(Request request, OfManifest path) throws IOException {
        Manifest manifest = read(request);
        if (path.isByDigest() && !path.digest().equals(manifest.digest())) {
            throw Refusal.digestInvalid(
                    "the manifest has the digest %s; expected %s".formatted(manifest.digest(), path.digest()));
        }
        for (Descriptor blob : manifest.blobs()) {
            blobs.bring(request, new OfBlob(path.repository(), blob.digest()));
        }
        try {
            store.put(manifest, uploads.newId());
        } catch (IOException e) {
            throw Refusal.ofDisk(e);
        }
        if (!path.isByDigest()) {
            long bytes = manifest.blobs().stream().mapToLong(Descriptor::bytes).sum();
            names.assign(path.name(), manifest.digest(), bytes);
        }
        return Response.of(201, "text/plain", new byte[0])
                .withHeader("location", "/v2/%s/manifests/%s".formatted(path.repository(), manifest.digest()))
                .withHeader("docker-content-digest", manifest.digest().toString());
    }

    /** A tag is taken away; a digest with all its tags of this repository, and at once unless another repository names it. */
    Response delete(OfManifest path) throws IOException {
        if (!path.isByDigest()) {
            if (!names.remove(path.name())) {
                throw Refusal.manifestUnknown(path.repository(), path.reference());
            }
            return Response.of(202, "text/plain", new byte[0]);
        }
        Digest digest = path.digest();
        boolean known = false;
        for (String tag : names.tags(path.repository())) {
            ImageName name = new ImageName(null, path.repository(), tag, null);
            if (names.digest(name).filter(digest::equals).isPresent()) {
                known |= names.remove(name);
            }
        }
        boolean free = names.needed().filter(needed -> !needed.contains(digest)).isPresent();
        if (free) {
            known |= store.removeManifest(digest, Instant.MAX);
        }
        if (!known) {
            throw Refusal.manifestUnknown(path.repository(), path.reference());
        }
        return Response.of(202, "text/plain", new byte[0]);
    }

    Response tags(Request request, OfTags path) {
        List<String> all = names.tags(path.repository());
        if (all.isEmpty()) {
            throw new Refusal(404, "NAME_UNKNOWN", "the registry has no repository " + path.repository());
        }
        String last = request.query("last").orElse("");
        List<String> rest = all.stream().filter(tag -> tag.compareTo(last) > 0).toList();
        int count = request.query("n").map(ManifestEndpoint::number).orElse(rest.size());
        List<String> page = rest.subList(0, Math.min(count, rest.size()));
        ObjectNode body = Json.object();
        body.put("name", path.repository());
        ArrayNode tags = body.putArray("tags");
        page.forEach(tags::add);
        Response response = Response.json(200, body.toString().getBytes(StandardCharsets.UTF_8));
        return page.size() < rest.size() && !page.isEmpty()
                ? response.withHeader(
                        "link",
                        "</v2/%s/tags/list?n=%d&last=%s>; rel=\"next\""
                                .formatted(path.repository(), count, page.getLast()))
                : response;
    }

    private static int number(String text) {
        try {
            return Math.max(0, Integer.parseInt(text));
        } catch (NumberFormatException e) {
            throw new Refusal(400, "UNSUPPORTED", "n=%s: expected a number of tags".formatted(text));
        }
    }

    private Digest digest(OfManifest path) {
        return path.isByDigest()
                ? path.digest()
                : names.digest(path.name())
                        .orElseThrow(() -> Refusal.manifestUnknown(path.repository(), path.reference()));
    }

    private static Manifest read(Request request) throws IOException {
        byte[] bytes;
        try {
            bytes = request.readBody(Manifest.MAX_BYTES);
        } catch (ApiException e) {
            throw new Refusal(413, "MANIFEST_INVALID", String.valueOf(e.getMessage()));
        }
        try {
            return Manifest.parse(request.header("content-type").orElse(""), bytes);
        } catch (IOException e) {
            throw Refusal.manifestInvalid(String.valueOf(e.getMessage()));
        }
    }
}
