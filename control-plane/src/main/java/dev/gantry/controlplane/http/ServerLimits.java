package dev.gantry.controlplane.http;

import java.time.Duration;

/**
 * What one client may take of the server. Bodies of ordinary requests are bounded by their handlers; streams by back-pressure.
 *
 * @param connections open at a time
 * @param streamsPerConnection HTTP/2 streams open at a time in one connection
 * @param headerBytes of one request; the request line of an exec carries its whole command
 * @param resetFramesPerMinute HTTP/2 streams that a client may abort in a connection (CVE-2023-44487); informers abort watches often
 * @param webSocketFrameBytes the largest frame taken
 * @param grpcMessageBytes the largest gRPC message taken
 * @param requestTimeout for requests that are not streamed
 * @param idleTimeout after which a connection without streams, or one whose pings stay unanswered, is closed
 * @param pingInterval between HTTP/2 pings
 */
public record ServerLimits(
        int connections,
        long streamsPerConnection,
        int headerBytes,
        int resetFramesPerMinute,
        int webSocketFrameBytes,
        int grpcMessageBytes,
        Duration requestTimeout,
        Duration idleTimeout,
        Duration pingInterval) {
    public static final ServerLimits DEFAULTS = new ServerLimits(
            20_000,
            1_000,
            64 * 1024,
            5_000,
            1024 * 1024,
            16 * 1024 * 1024,
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofSeconds(20));
}
