package dev.gantry.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
class ConntrackSocketTest {
    @BeforeEach
    void requireRoot() throws IOException {
        Root.require();
    }

    @Test
    void forgetsOnlyTheFlowsThatMatch() throws Exception {
        try (NetworkNamespace host = NetworkNamespace.create();
                ConntrackSocket flows = host.call(ConntrackSocket::open);
                RouteSocket routes = host.call(RouteSocket::open)) {
            routes.setUp(1);
            host.call(() -> run(
                    "nft",
                    "add table ip t; add chain ip t c { type filter hook output priority 0; };"
                            + " add rule ip t c ct state new accept"));
            host.call(() -> {
                send(4001);
                send(4002);
                return true;
            });
            assertThat(flows.flows())
                    .extracting(ConntrackSocket.Flow::destinationPort)
                    .contains(4001, 4002);

            assertThat(flows.forget(flow -> flow.destinationPort() == 4001)).isEqualTo(1);

            assertThat(flows.flows())
                    .extracting(ConntrackSocket.Flow::destinationPort)
                    .contains(4002)
                    .doesNotContain(4001);
        }
    }

    private static void send(int port) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(new byte[1], 1, InetAddress.getByName("127.0.0.1"), port));
        }
    }

    private static boolean run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(output).isEmpty();
        return true;
    }
}
