package dev.gantry.agent.probe;

import java.util.List;
import java.util.Map;

/** What a probe or a hook does. */
public sealed interface Check {
    /** Succeeds with exit code 0. */
    record Exec(List<String> command) implements Check {
        public Exec {
            command = List.copyOf(command);
        }
    }

    /**
     * A GET that succeeds with a status of 200 to 399.
     *
     * @param host empty for the target's address
     * @param tls without verifying the certificate, as in Kubernetes
     */
    record Http(String host, int port, String path, boolean tls, List<Map.Entry<String, String>> headers)
            implements Check {
        public Http {
            headers = List.copyOf(headers);
        }
    }

    /**
     * Succeeds when the port takes a connection.
     *
     * @param host empty for the target's address
     */
    record Tcp(String host, int port) implements Check {}

    /** Waits. For hooks. */
    record Sleep(long seconds) implements Check {}
}
