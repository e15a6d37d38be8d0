package dev.gantry.controlplane;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the control plane's process. */
@Command(name = "gantry-control-plane")
final class ControlPlaneOptions {
    @Option(names = "--state", required = true, paramLabel = "FOLDER", description = "Kept over reboots.")
    Path state = Path.of("");

    @Option(
            names = "--kubeconfig",
            required = true,
            paramLabel = "FILE",
            description = "Where the administrator's is written at first start.")
    Path kubeconfig = Path.of("");

    @Option(names = "--port", defaultValue = "6443", paramLabel = "PORT", description = "Of the API.")
    int port;

    @Option(
            names = "--listen",
            defaultValue = "",
            paramLabel = "ADDRESS",
            description = "The one address of this host on which the API is served; every address by default.")
    String listen = "";

    @Option(
            names = "--advertise",
            defaultValue = "127.0.0.1",
            paramLabel = "HOST",
            description = "Where agents and users reach this control plane.")
    String advertise = "127.0.0.1";

    @Option(
            names = "--pod-range",
            defaultValue = "10.244.0.0/16",
            paramLabel = "CIDR",
            description = "Addresses of pods.")
    String podRange = "";

    @Option(
            names = "--service-range",
            defaultValue = "10.96.0.0/16",
            paramLabel = "CIDR",
            description = "Addresses of services.")
    String serviceRange = "";

    @Option(
            names = "--node-ports",
            defaultValue = "30000-32767",
            paramLabel = "FIRST-LAST",
            description = "Ports for services on every node.")
    String nodePorts = "";

    @Option(
            names = "--zookeeper",
            defaultValue = "",
            paramLabel = "HOST:PORT,…",
            description = "An ensemble instead of the embedded server.")
    String zookeeper = "";

    /** @throws IllegalArgumentException when it is no range of ports */
    int[] nodePortRange() {
        String[] parts = nodePorts.split("-", -1);
        try {
            return new int[] {Integer.parseInt(parts[0]), Integer.parseInt(parts[1])};
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException(
                    "--node-ports %s: expected FIRST-LAST, such as 30000-32767".formatted(nodePorts), e);
        }
    }

    /** The tenth address of the service range, as in Kubernetes. */
    String dnsAddress() {
        String[] octets = serviceRange.split("/", -1)[0].split("\\.", -1);
        if (octets.length != 4) {
            throw new IllegalArgumentException(
                    "--service-range %s: expected an IPv4 range such as 10.96.0.0/16".formatted(serviceRange));
        }
        return "%s.%s.%s.10".formatted(octets[0], octets[1], octets[2]);
    }

    /** @throws IllegalArgumentException when it is no address */
    InetSocketAddress bindAddress() {
        if (listen.isEmpty()) {
            return new InetSocketAddress(port);
        }
        try {
            return new InetSocketAddress(InetAddress.ofLiteral(listen), port);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "--listen %s: expected an address of this host such as 10.0.0.1".formatted(listen), e);
        }
    }

    String address() {
        return advertise + ":" + port;
    }
}
