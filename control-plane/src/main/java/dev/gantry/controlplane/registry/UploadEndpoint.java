package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.image.Digest;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.registry.RegistryPath.OfBlob;
import dev.gantry.controlplane.registry.RegistryPath.OfUpload;
import dev.gantry.controlplane.registry.RegistryPath.OfUploads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes blobs: at once, in one request after a first, or in chunks; or none, when another repository has it. */
final class UploadEndpoint {
    private static final Pattern CONTENT_RANGE = Pattern.compile("(?:bytes )?([0-9]{1,18})-([0-9]{1,18})(?:/.*)?");
    private static final byte[] NOTHING = new byte[0];

    private final BlobStore store;
    private final Uploads uploads;
    private final BlobEndpoint blobs;

    UploadEndpoint(BlobStore store, Uploads uploads, BlobEndpoint blobs) {
        this.store = requireNonNull(store, "store is null");
        this.uploads = requireNonNull(uploads, "uploads is null");
        this.blobs = requireNonNull(blobs, "blobs is null");
    }

    Response begin(Request request, OfUploads path) throws IOException {
        Optional<String> mount = request.query("mount");
        if (mount.isPresent()) {
            Digest digest = RegistryPath.parseDigest(mount.get());
            if (blobs.bring(request, new OfBlob(request.query("from").orElse(path.repository()), digest))) {
                return created(path.repository(), digest);
            }
        }
        Upload upload = uploads.begin(path.repository(), request.user().name());
        Optional<String> digest = request.query("digest");
        return digest.isPresent()
                ? finish(request, upload, path.repository(), digest.get())
                : progress(202, path.repository(), upload);
    }

    Response append(Request request, OfUpload path) {
        Upload upload = find(request, path);
        checkRange(request, upload);
        append(upload, request);
        return progress(202, path.repository(), upload);
    }

    Response finish(Request request, OfUpload path) {
        Upload upload = find(request, path);
        String digest = request.query("digest")
                .orElseThrow(() -> Refusal.digestInvalid("the last request of an upload needs ?digest=sha256:…"));
        checkRange(request, upload);
        return finish(request, upload, path.repository(), digest);
    }

    Response status(Request request, OfUpload path) {
        return progress(204, path.repository(), find(request, path));
    }

    Response cancel(Request request, OfUpload path) {
        Upload upload = find(request, path);
        uploads.forget(upload);
        upload.close();
        return Response.of(204, "text/plain", NOTHING);
    }

    private Response finish(Request request, Upload upload, String repository, String digestText) {
        boolean whole = false;
        try {
            Digest digest = RegistryPath.parseDigest(digestText);
            append(upload, request);
            whole = true;
            upload.finish(digest, store);
            return created(repository, digest);
        } finally {
            if (whole) {
                uploads.forget(upload);
            }
        }
    }

    /** A client that is refused in the middle of its body hears of it only when it has been read. */
    private void append(Upload upload, Request request) {
        try (InputStream body = request.body()) {
            try {
                upload.append(body);
            } catch (Refusal refusal) {
                if (refusal.status() != 409) {
                    uploads.forget(upload);
                }
                body.transferTo(OutputStream.nullOutputStream());
                throw refusal;
            }
        } catch (IOException e) {
            // the client's doing, most likely, and it has gone: no fault of this server to be logged
            throw new Refusal(
                    400,
                    "BLOB_UPLOAD_INVALID",
                    "the body ended early (%s); the upload %s has %d bytes, and goes on there"
                            .formatted(e.getMessage(), upload.id(), upload.bytes()));
        }
    }

    private Upload find(Request request, OfUpload path) {
        return uploads.find(path.repository(), request.user().name(), path.id());
    }

    private static void checkRange(Request request, Upload upload) {
        Optional<String> header = request.header("content-range");
        if (header.isEmpty()) {
            return;
        }
        Matcher matcher = CONTENT_RANGE.matcher(header.get().strip());
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) != upload.bytes()) {
            throw new Refusal(
                    416,
                    "BLOB_UPLOAD_INVALID",
                    "the chunk says Content-Range %s; the upload has %d bytes, and goes on there"
                            .formatted(header.get(), upload.bytes()));
        }
    }

    private static Response created(String repository, Digest digest) {
        return Response.of(201, "text/plain", NOTHING)
                .withHeader("location", "/v2/%s/blobs/%s".formatted(repository, digest))
                .withHeader("docker-content-digest", digest.toString());
    }

    private static Response progress(int status, String repository, Upload upload) {
        return Response.of(status, "text/plain", NOTHING)
                .withHeader("location", "/v2/%s/blobs/uploads/%s".formatted(repository, upload.id()))
                .withHeader("range", "0-" + Math.max(0, upload.bytes() - 1))
                .withHeader("docker-upload-uuid", upload.id());
    }
}
