package dev.gantry.controlplane.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One request. Its body is read at most once. */
public interface Request {
    /** In capitals; HEAD arrives as GET. */
    String method();

    /** Whether the client wants the headers of a GET only (HEAD): a body would be dropped, and a Content-Length header counts as it is. */
    boolean headersOnly();

    /** Decoded, without the query. */
    String path();

    /** The value of a {@code {name}} of the route, decoded. */
    String pathParameter(String name);

    Optional<String> query(String name);

    List<String> queryAll(String name);

    /** All query parameters, decoded, in order. */
    Map<String, List<String>> queries();

    /** @param name in any case */
    Optional<String> header(String name);

    List<String> headers(String name);

    /** Who asks; {@link User#ANONYMOUS} on open paths only. */
    User user();

    /** Whether the client asks for an upgrade to WebSocket. */
    boolean wantsWebSocket();

    /**
     * Blocks for bytes as they come; while nobody reads, back-pressure reaches the client. Unbounded: for handlers that stream. The request may last as long as
     * bytes keep coming.
     */
    InputStream body();

    /**
     * The whole body.
     *
     * @throws dev.gantry.controlplane.resource.ApiException 413 when it is longer than {@code limit} bytes
     */
    byte[] readBody(int limit) throws IOException;
}
