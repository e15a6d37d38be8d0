package dev.gantry.controlplane.http;

/** Writes the body of a streamed response, on a virtual thread of its own. The response ends when it returns. */
@FunctionalInterface
public interface StreamBody {
    /** An exception ends the connection or stream abnormally: the client sees that the body is not whole. */
    void writeTo(ResponseStream stream) throws Exception;
}
