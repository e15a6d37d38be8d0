package dev.gantry.e2e.host;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A link between hosts: a switch in a network namespace of its own, with a range of addresses that exists nowhere else (RFC 5737). Hosts are cut off and
 * connected again by rules of the switch, so that neither end notices more than silence. Close it after its hosts.
 */
public final class Link implements AutoCloseable {
    private static final int PREFIX = 24;

    private final String namespace;
    private final String network;
    private final Map<String, Integer> ports = new HashMap<>();

    private Link(String namespace, String network) {
        this.namespace = namespace;
        this.network = network;
    }

    /**
     * @param name unique among the tests; at most 10 lower-case letters and digits
     * @param network the first three numbers of its addresses, such as {@code 192.0.2}
     */
    public static Link create(String name, String network) {
        String namespace =
                "gantry-link-%s-%d".formatted(name, ProcessHandle.current().pid());
        Machine.removeLeft(namespace);
        Commands.run(List.of("ip", "netns", "add", namespace)).ok();
        Link link = new Link(namespace, network);
        link.ip("link", "add", "switch", "type", "bridge", "forward_delay", "0");
        link.ip("link", "set", "switch", "up");
        link.rules("add table bridge cuts", "add chain bridge cuts forward { type filter hook forward priority 0; }");
        return link;
    }

    /** Gives a namespace an interface of this name on this link, under the address that this host always has here. */
    void attach(String host, String hostNamespace, String inside) {
        int number = ports.computeIfAbsent(host, _ -> ports.size() + 1);
        String near = port(host);
        ip("link", "add", near, "type", "veth", "peer", "name", inside, "netns", hostNamespace);
        ip("link", "set", near, "master", "switch", "up");
        inNamespace(
                hostNamespace,
                "address",
                "add",
                "%s.%d/%d".formatted(network, number, PREFIX),
                "broadcast",
                "+",
                "dev",
                inside);
        inNamespace(hostNamespace, "link", "set", inside, "up");
    }

    /** @throws IllegalArgumentException for a host that is not on this link */
    public String address(TestHost host) {
        Integer number = ports.get(host.nodeName());
        if (number == null) {
            throw new IllegalArgumentException(host.nodeName() + " is not on this link");
        }
        return network + "." + number;
    }

    /** From now on nothing that this host sends arrives anywhere, and nothing arrives at it. */
    public void cut(TestHost host) {
        String port = port(host.nodeName());
        rules(
                "add rule bridge cuts forward iifname " + port + " drop",
                "add rule bridge cuts forward oifname " + port + " drop");
    }

    /** From now on these two don't hear each other. */
    public void cut(TestHost one, TestHost other) {
        rules(between(one, other), between(other, one));
    }

    private static String between(TestHost from, TestHost to) {
        return "add rule bridge cuts forward iifname %s oifname %s drop"
                .formatted(port(from.nodeName()), port(to.nodeName()));
    }

    /** Ends all cuts. */
    public void heal() {
        rules("flush chain bridge cuts forward");
    }

    private static String port(String host) {
        return "p-" + host;
    }

    private void rules(String... rules) {
        Commands.run(List.of("ip", "netns", "exec", namespace, "nft", String.join("; ", rules)))
                .ok();
    }

    private void ip(String... command) {
        inNamespace(namespace, command);
    }

    private static void inNamespace(String namespace, String... command) {
        List<String> all = new java.util.ArrayList<>(List.of("ip", "-n", namespace));
        all.addAll(List.of(command));
        Commands.run(all).ok();
    }

    @Override
    public void close() {
        Commands.run(List.of("ip", "netns", "delete", namespace)).ok();
    }
}
