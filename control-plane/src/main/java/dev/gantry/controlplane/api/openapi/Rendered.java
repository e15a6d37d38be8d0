package dev.gantry.controlplane.api.openapi;

import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A document, compressed.
 *
 * @param hash of the uncompressed document, in hexadecimal
 */
record Rendered(byte[] gzip, String hash) {
    static Rendered of(byte[] content) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return new Rendered(compressed.toByteArray(), HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** With an entity tag (RFC 9110, section 8.8.3); without a body when the client has this document. */
    Response answer(Request request, String contentType) {
        String tag = '"' + hash + '"';
        if (List.of(request.header("if-none-match").orElse("").split("\\s*,\\s*", -1))
                .contains(tag)) {
            return Response.of(304, contentType, new byte[0]).withHeader("etag", tag);
        }
        boolean compressed = request.header("accept-encoding").orElse("").contains("gzip");
        Response answer = Response.of(200, contentType, compressed ? gzip : content())
                .withHeader("etag", tag)
                .withHeader("vary", "accept, accept-encoding");
        return compressed ? answer.withHeader("content-encoding", "gzip") : answer;
    }

    private byte[] content() {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
