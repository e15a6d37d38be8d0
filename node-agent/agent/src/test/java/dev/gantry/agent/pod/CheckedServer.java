package dev.gantry.agent.pod;

import com.sun.net.httpserver.HttpServer;
import dev.gantry.wire.node.v1.Handler;
import dev.gantry.wire.node.v1.HttpAction;
import dev.gantry.wire.node.v1.Probe;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/** What a container serves: every request is answered, and counted. */
final class CheckedServer implements AutoCloseable {
    private final AtomicInteger requests = new AtomicInteger();
    private final HttpServer server;

    CheckedServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.incrementAndGet();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
    }

    String address() {
        return server.getAddress().getAddress().getHostAddress();
    }

    int checked() {
        return requests.get();
    }

    /** Checked each second; three failures count. */
    Probe probe() {
        return AbstractPodTest.probe("").toBuilder()
                .setHandler(Handler.newBuilder()
                        .setHttp(HttpAction.newBuilder()
                                .setPort(server.getAddress().getPort())
                                .setPath("/")))
                .build();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
