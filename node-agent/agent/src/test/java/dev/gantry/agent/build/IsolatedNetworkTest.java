package dev.gantry.agent.build;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.image.Root;
import dev.gantry.linux.netlink.NetworkNamespace;
import dev.gantry.linux.netlink.RouteSocket;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
class IsolatedNetworkTest {
    @Test
    void aStepSeesOnlyALoopbackLink() throws IOException {
        Root.assume();
        try (IsolatedNetwork network = IsolatedNetwork.ofKernel();
                NetworkNamespace inside = NetworkNamespace.open(Path.of(network.path()))) {
            assertThat(inside.call(() -> {
                        try (RouteSocket routes = RouteSocket.open()) {
                            return routes.links().stream()
                                    .map(link -> link.name())
                                    .toList();
                        }
                    }))
                    .containsExactly("lo");
            assertThat(inside.call(() -> {
                        try (RouteSocket routes = RouteSocket.open()) {
                            return routes.addresses().stream()
                                    .map(address -> address.address())
                                    .toList();
                        }
                    }))
                    .contains("127.0.0.1");
        }
    }
}
