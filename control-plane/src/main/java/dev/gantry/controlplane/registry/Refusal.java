package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.resource.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A request that the registry refuses, as the OCI distribution specification says it ("Error Codes"). */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;

    /** @param code one of the specification's, in capitals */
    Refusal(int status, String code, String message) {
        super(requireNonNull(message, "message is null"));
        this.status = status;
        this.code = requireNonNull(code, "code is null");
    }

    static Refusal blobUnknown(String digest) {
        return new Refusal(404, "BLOB_UNKNOWN", "the registry does not hold the blob " + digest);
    }

    static Refusal manifestUnknown(String repository, String reference) {
        return new Refusal(
                404, "MANIFEST_UNKNOWN", "the registry does not know %s in %s".formatted(reference, repository));
    }

    static Refusal uploadUnknown(String id) {
        return new Refusal(
                404,
                "BLOB_UPLOAD_UNKNOWN",
                "the upload %s is not known: it has ended, was idle for too long, or is another's; begin it again"
                        .formatted(id));
    }

    static Refusal digestInvalid(String message) {
        return new Refusal(400, "DIGEST_INVALID", message);
    }

    static Refusal manifestInvalid(String message) {
        return new Refusal(400, "MANIFEST_INVALID", message);
    }

    static Refusal unsupported(String message) {
        return new Refusal(405, "UNSUPPORTED", message);
    }

    /** A failure of the disk, as a client is told of it. */
    static Refusal ofDisk(IOException failure) {
        String message = String.valueOf(failure.getMessage());
        // java.nio has no type for it, only the kernel's text
        boolean full = message.contains("No space left on device") || message.contains("Disk quota exceeded");
        return full
                ? new Refusal(
                        507,
                        "INSUFFICIENT_STORAGE",
                        "the disk of the cluster's registry is full; remove images that are not needed, or give it more space. Nothing stored is lost")
                : new Refusal(500, "UNKNOWN", "the registry's disk failed: " + message);
    }

    String code() {
        return code;
    }

    int status() {
        return status;
    }

    Response toResponse() {
        return Response.json(status, body(code, String.valueOf(getMessage())));
    }

    static byte[] body(String code, String message) {
        ObjectNode root = Json.object();
        root.putArray("errors").addObject().put("code", code).put("message", message);
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }
}
