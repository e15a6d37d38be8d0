package dev.gantry.agent.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.agent.network.PodNetwork.Attachment;
import dev.gantry.linux.launcher.LauncherNamespaceHolder;
import dev.gantry.linux.netlink.NetworkNamespace;
import dev.gantry.linux.netlink.RouteSocket;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class RealHolderTest {
    @TempDir
    private Path state;

    @Test
    void podsWithAndWithoutUserNamespaceReachEachOther() throws Exception {
        assumeTrue(
                Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
                "needs root: makes network namespaces");
        LauncherNamespaceHolder holder = LauncherNamespaceHolder.open(state.resolve("holder"));
        NetworkConfig config = new NetworkConfig(
                state.resolve("network"), NetworkConfig.DEFAULT_GATEWAY, 1, state.resolve("resolv.conf"));
        try (NetworkNamespace host = NetworkNamespace.create();
                LinuxNodeNetwork node = new LinuxNodeNetwork(config, host);
                RoutedPodNetwork pods = new RoutedPodNetwork(node, holder)) {
            host.call(() -> {
                try (RouteSocket routes = RouteSocket.open()) {
                    routes.setUp(1);
                }
                return true;
            });
            node.configure(TestHost.SETTINGS);
            Attachment plain = pods.attach("plain", false, List.of());
            Attachment mapped = pods.attach("mapped", true, List.of());
            Attachment another = pods.attach("another", true, List.of());

            assertThat(plain.userNamespace()).isEmpty();
            assertThat(Path.of(mapped.userNamespace())).exists();
            assertThat(mapped.userBase()).isPositive().isNotEqualTo(another.userBase());
            try (NetworkNamespace from = NetworkNamespace.open(Path.of(mapped.networkNamespace()));
                    NetworkNamespace to = NetworkNamespace.open(Path.of(plain.networkNamespace()));
                    ServerSocketChannel server = to.call(() -> ServerSocketChannel.open(StandardProtocolFamily.INET)
                            .bind(new InetSocketAddress(8080)));
                    SocketChannel client = from.call(() -> SocketChannel.open(StandardProtocolFamily.INET))) {
                client.socket().connect(new InetSocketAddress(plain.address(), 8080), 5000);
                try (SocketChannel accepted = server.accept()) {
                    assertThat(accepted.getRemoteAddress())
                            .hasToString(client.getLocalAddress().toString());
                }
            }
            node.tearDown();
            assertThat(holder.list()).isEmpty();
        } finally {
            holder.shutDown();
        }
    }
}
