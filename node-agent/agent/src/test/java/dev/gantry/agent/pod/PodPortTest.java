package dev.gantry.agent.pod;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.container.ContainerRuntime.OutputChunk;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Connections to a pod's ports; those of the host stand for those of a pod that uses its network. */
final class PodPortTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** Reads to the end of its input, then says it twice. */
    private static Thread answer(ServerSocket server) {
        return Thread.ofVirtual().start(() -> {
            try (Socket socket = server.accept()) {
                byte[] all = socket.getInputStream().readAllBytes();
                socket.getOutputStream().write(all);
                socket.getOutputStream().write(all);
            } catch (IOException e) {
                // the test says what is missing
            }
        });
    }

    private static String talk(PodPort port, String words) throws IOException {
        byte[] bytes = words.getBytes(UTF_8);
        port.writeStdin(bytes, 0, bytes.length);
        port.closeStdin();
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        for (OutputChunk chunk = port.read(); chunk != null; chunk = port.read()) {
            answer.writeBytes(chunk.data());
        }
        return answer.toString(UTF_8);
    }

    @Test
    void endsEachDirectionByItself() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
            Thread answering = answer(server);
            try (PodPort port = PodPort.connect("", server.getLocalPort())) {
                assertThat(talk(port, "x".repeat(200_000))).hasSize(400_000);
            }
            answering.join();
        }
    }

    @Test
    void saysThatNothingListens() throws Exception {
        int free;
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
            free = server.getLocalPort();
        }
        assertThatThrownBy(() -> PodPort.connect("", free)).isInstanceOf(ConnectException.class);
        assertThatThrownBy(() -> PodPort.connect("", 0)).hasMessageContaining("1 to 65535");
        assertThatThrownBy(() -> PodPort.connect("", 65_536)).hasMessageContaining("1 to 65535");
    }

    @Test
    @Tag("root")
    void reachesOnlyWhatListensInTheNamespace() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create();
                ServerSocket outside = new ServerSocket(0, 1, LOOPBACK)) {
            String path = Path.of("/proc/self/fd", Integer.toString(namespace.descriptor()))
                    .toString();
            assertThatThrownBy(() -> PodPort.connect(path, outside.getLocalPort()))
                    .as("the new namespace's loopback link is down")
                    .isInstanceOf(IOException.class);
        }
    }
}
