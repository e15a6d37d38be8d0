package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.wire.node.v1.AttachRequest;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.PortForwardRequest;
import java.io.IOException;

/** What a ticketed stream needs of a pod's containers. Errors carry a sentence for the user. */
public interface PodStreams {
    ContainerRuntime.ExecProcess exec(ExecRequest request) throws ContainerException;

    ContainerRuntime.AttachedStreams attach(AttachRequest request) throws ContainerException;

    /** Connects to a port of the pod. Its output is what the connection brings; the end of its input is sent on. */
    ContainerRuntime.AttachedStreams portForward(PortForwardRequest request) throws ContainerException;

    /** Writes the log to {@code sink} until its end, or, when following, until the container is gone for good or the sink fails. Blocks. */
    void log(LogRequest request, LogSink sink) throws ContainerException, IOException;

    interface LogSink {
        /** Blocks while the reader is slow. */
        void write(byte[] data, int offset, int length) throws IOException;
    }
}
