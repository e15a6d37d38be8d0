package dev.gantry.controlplane.http;

import com.linecorp.armeria.common.Flags;
import com.linecorp.armeria.common.util.TransportType;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Threads of the port. When the server stops them, every connection is closed: there is nothing to be quiet for, which Netty otherwise is for two seconds,
 * for those that accept and those that serve one after the other.
 */
final class PromptEventLoops extends MultiThreadIoEventLoopGroup {
    PromptEventLoops(int threads, String name) {
        super(threads, Thread.ofPlatform().name(name + "-", 0).daemon().factory(), transport());
    }

    /** The server makes its channels for this one. */
    private static IoHandlerFactory transport() {
        return Flags.transportType() == TransportType.EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    }

    @Override
    public Future<?> shutdownGracefully() {
        return shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
