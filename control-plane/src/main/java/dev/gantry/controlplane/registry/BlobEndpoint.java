package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.image.Digest;
import dev.gantry.controlplane.http.BuiltInRoles;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.ResponseStream;
import dev.gantry.controlplane.registry.RegistryPath.OfBlob;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** Gives blobs, whole or in parts; one that another control plane holds is brought here first. */
final class BlobEndpoint {
    private static final int BUFFER = 1 << 16;
    /** Uploads of its own, from other control planes. */
    private static final String SELF = "";

    private final BlobStore store;
    private final Uploads uploads;
    private final BlobSource others;
    private final Map<Digest, ReentrantLock> fetching = new ConcurrentHashMap<>();

    BlobEndpoint(BlobStore store, Uploads uploads, BlobSource others) {
        this.store = requireNonNull(store, "store is null");
        this.uploads = requireNonNull(uploads, "uploads is null");
        this.others = requireNonNull(others, "others is null");
    }

    Response get(Request request, OfBlob blob) throws IOException {
        Optional<Long> here = store.use(blob.digest());
        long size = here.or(() -> elsewhere(request, blob))
                .orElseThrow(() -> Refusal.blobUnknown(blob.digest().toString()));
        Optional<ByteRange> part = request.header("range").flatMap(header -> ByteRange.parse(header, size));
        ByteRange range = part.orElse(new ByteRange(0, size));
        int status = part.isPresent() ? 206 : 200;
        Response response = request.headersOnly() || range.length() == 0
                ? Response.of(status, "application/octet-stream", new byte[0])
                : Response.stream(status, "application/octet-stream", stream -> {
                    if (here.isEmpty()) {
                        fetch(blob);
                    }
                    send(blob.digest(), range, stream);
                });
        response = response.withHeader("accept-ranges", "bytes")
                .withHeader("docker-content-digest", blob.digest().toString())
                .withHeader("etag", "\"" + blob.digest() + "\"")
                .withHeader("content-length", Long.toString(range.length()));
        return part.isPresent()
                ? response.withHeader("content-range", "bytes %d-%d/%d".formatted(range.first(), range.last(), size))
                : response;
    }

    /** Whether the blob is here now, brought from another control plane if need be. */
    boolean bring(Request request, OfBlob blob) throws IOException {
        if (store.use(blob.digest()).isPresent()) {
            return true;
        }
        if (elsewhere(request, blob).isEmpty()) {
            return false;
        }
        fetch(blob);
        return true;
    }

    /** Another control plane that asks is told what is here: or two would ask each other. */
    private Optional<Long> elsewhere(Request request, OfBlob blob) {
        return request.user().isIn(BuiltInRoles.CONTROL_PLANES)
                ? Optional.empty()
                : others.blobBytes(blob.repository(), blob.digest());
    }

    void fetch(OfBlob blob) throws IOException {
        ReentrantLock one = fetching.computeIfAbsent(blob.digest(), digest -> new ReentrantLock());
        one.lock();
        try {
            if (store.use(blob.digest()).isPresent()) {
                return;
            }
            Upload upload = uploads.begin(blob.repository(), SELF);
            try {
                others.copy(blob.repository(), blob.digest(), upload::append);
                upload.finish(blob.digest(), store);
            } finally {
                uploads.forget(upload);
                upload.close();
            }
        } finally {
            fetching.remove(blob.digest(), one);
            one.unlock();
        }
    }

    private void send(Digest digest, ByteRange range, ResponseStream stream) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        try (FileChannel file = store.open(digest)) {
            long position = range.first();
            long left = range.length();
            while (left > 0) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), left));
                int count = file.read(buffer, position);
                if (count < 0) {
                    throw new IOException("The blob %s has become shorter on disk".formatted(digest));
                }
                stream.write(buffer.array(), 0, count);
                position += count;
                left -= count;
            }
        }
    }
}
