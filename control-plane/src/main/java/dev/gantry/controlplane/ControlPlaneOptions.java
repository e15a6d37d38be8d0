package dev.gantry.controlplane;

import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.network.HostAddresses;
import dev.gantry.common.process.ConfigurationException;
import dev.gantry.controlplane.membership.ClusterShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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
            defaultValue = "",
            paramLabel = "HOST",
            description = "Where agents and users reach this control plane; the first address of this host by default.")
    String advertise = "";

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

    @Option(
            names = "--join",
            defaultValue = "",
            paramLabel = "HOST:PORT",
            description = "A control plane of the cluster that this one joins, at its first start.")
    String join = "";

    @Option(
            names = "--join-token-file",
            paramLabel = "FILE",
            description = "Holds a token of 'gantry token create --control-plane'; removed once it was used.")
    @Nullable
    Path joinTokenFile;

    /** @throws ConfigurationException when there is none, or it is no token */
    JoinToken joinToken() throws IOException {
        if (joinTokenFile == null) {
            throw new ConfigurationException(
                    "--join needs a token: make one with 'gantry token create --control-plane'");
        }
        try {
            return JoinToken.parse(Files.readString(joinTokenFile).strip());
        } catch (NoSuchFileException | IllegalArgumentException e) {
            throw new ConfigurationException(
                    "there is no join token in %s: make one with 'gantry token create --control-plane'"
                            .formatted(joinTokenFile),
                    e);
        }
    }

    /** It is a secret that has done its work. */
    void forgetJoinToken() throws IOException {
        if (joinTokenFile != null) {
            Files.deleteIfExists(joinTokenFile);
        }
    }

    ClusterShape shape() {
        return new ClusterShape(podRange, serviceRange, nodePorts, zookeeper);
    }

    /** What the cluster has decided already, whatever the command line says. */
    void take(ClusterShape shape) {
        podRange = shape.podRange();
        serviceRange = shape.serviceRange();
        nodePorts = shape.nodePorts();
        zookeeper = shape.zookeeper();
    }

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

    /** host:port at which other hosts reach this control plane. */
    String address() {
        return hosts().getFirst() + ":" + port;
    }

    /** host:port for the administrator's kubeconfig. One that was not chosen may change, but not for this host itself. */
    String localAddress() {
        String host = !advertise.isEmpty() ? advertise : !listen.isEmpty() ? listen : HostAddresses.LOOPBACK;
        return host + ":" + port;
    }

    /** Every name and address under which this control plane is reached, that for other hosts first. */
    List<String> hosts() {
        Set<String> all = new LinkedHashSet<>();
        if (!advertise.isEmpty()) {
            all.add(advertise);
        }
        try {
            all.addAll(listen.isEmpty() ? HostAddresses.all() : List.of(listen));
        } catch (SocketException e) {
            throw new UncheckedIOException("the addresses of this host can't be read", e);
        }
        all.addAll(List.of(HostAddresses.LOOPBACK, "localhost"));
        return List.copyOf(all);
    }
}
