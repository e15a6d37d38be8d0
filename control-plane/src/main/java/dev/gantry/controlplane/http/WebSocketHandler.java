package dev.gantry.controlplane.http;

/** Talks over an upgraded connection, on a virtual thread of its own. The connection closes when it returns. */
@FunctionalInterface
public interface WebSocketHandler {
    void handle(WebSocketSession session) throws Exception;
}
