package dev.gantry.controlplane.leader;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * Whether nothing listens on a host:port: its host answers that at once when the process is gone, while a stopped process, a hung host or a cut network
 * answer nothing. Blocks for at most a second.
 */
public final class ConnectionProbe implements Predicate<String> {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    @Override
    public boolean test(String address) {
        int colon = address.lastIndexOf(':');
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
                    (int) PATIENCE.toMillis());
            return false;
        } catch (ConnectException refused) {
            return true;
        } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
            return false;
        }
    }
}
