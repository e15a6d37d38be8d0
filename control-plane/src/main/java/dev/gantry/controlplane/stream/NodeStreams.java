package dev.gantry.controlplane.stream;

import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.node.v1.AttachRequest;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.PortForwardRequest;
import dev.gantry.wire.node.v1.StreamFrame;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Opens streams to containers and builders on nodes, for requests that have been authorised. Calls block (virtual threads) until the agent has dialled
 * in or a deadline has passed.
 */
public interface NodeStreams {
    /** @throws ApiException when the node is away, refuses, or doesn't dial in time */
    NodeStream log(String nodeName, LogRequest request);

    NodeStream exec(String nodeName, ExecRequest request);

    NodeStream attach(String nodeName, AttachRequest request);

    /** One connection to a port; its bytes are stdin and stdout. */
    NodeStream portForward(String nodeName, PortForwardRequest request);

    /**
     * Joins a build to the builder of a node. Blocks until the result. Interrupting the thread, or a failing {@code context}, cancels the build.
     *
     * @param nodeName null for any Ready node, preferring the one that last built
     * @param events everything but the result, in order; may block
     */
    BuildResult build(
            @Nullable String nodeName, BuildRequest request, InputStream context, Consumer<FromBuilder> events);

    /** Frames to and from the agent; {@link StreamFrame#getAccepted} and redeem never appear. */
    interface NodeStream extends AutoCloseable {
        /** Blocks; null after the frame with {@code end}. */
        @Nullable
        StreamFrame read() throws IOException;

        /** Blocks while the agent is slow. */
        void write(StreamFrame frame) throws IOException;

        @Override
        void close();
    }
}
