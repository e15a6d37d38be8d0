package dev.gantry.agent.build;

import dev.gantry.linux.netlink.Link;
import dev.gantry.linux.netlink.NetworkNamespace;
import dev.gantry.linux.netlink.RouteSocket;
import java.io.IOException;

/** A network namespace for one step, with nothing but a loopback link: a build reaches neither the host's network nor anybody else's. */
public interface IsolatedNetwork extends AutoCloseable {
    /** By which a launcher joins it. */
    String path();

    /** Lets it go; it ends with its last process. */
    @Override
    void close();

    /** Makes one for each step. */
    interface Factory {
        IsolatedNetwork create() throws IOException;
    }

    /** One of the kernel's, held by a descriptor of this process. */
    static IsolatedNetwork ofKernel() throws IOException {
        NetworkNamespace namespace = NetworkNamespace.create();
        try {
            namespace.call(() -> {
                try (RouteSocket routes = RouteSocket.open()) {
                    Link loopback = routes.link("lo").orElseThrow();
                    routes.setUp(loopback.index());
                    return loopback;
                }
            });
        } catch (IOException | RuntimeException e) {
            namespace.close();
            throw e;
        }
        String path = "/proc/%s/fd/%s".formatted(ProcessHandle.current().pid(), namespace.descriptor());
        return new IsolatedNetwork() {
            @Override
            public String path() {
                return path;
            }

            @Override
            public void close() {
                namespace.close();
            }
        };
    }
}
