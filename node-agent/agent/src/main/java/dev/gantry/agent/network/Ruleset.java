package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.ElementKey.Table;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.linux.nftables.SetElement;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * The static ruleset of a node, in a table of its own, as text for the nft program. It is stamped with a chain named after its own checksum, so that an
 * agent knows whether the one that it finds is the one that it would load.
 *
 * @param isolateForwarding whether the host forwards packets for our sake only, and so must not become a router for others
 */
record Ruleset(
        AddressRange podRange,
        AddressRange clusterRange,
        AddressRange serviceRange,
        String dnsServiceAddress,
        String gateway,
        boolean isolateForwarding) {
    static final String TABLE = "gantry";

    Ruleset {
        requireNonNull(podRange, "podRange is null");
        requireNonNull(clusterRange, "clusterRange is null");
        requireNonNull(serviceRange, "serviceRange is null");
        requireNonNull(dnsServiceAddress, "dnsServiceAddress is null");
        requireNonNull(gateway, "gateway is null");
    }

    /** Name of the chain that marks this very ruleset. */
    String stamp() {
        CRC32C checksum = new CRC32C();
        checksum.update(chains().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return "revision_" + HexFormat.of().toHexDigits((int) checksum.getValue());
    }

    /** Replaces whatever is in the table, elements included, in one transaction. */
    String script(Map<ElementKey, SetElement.Data> elements) {
        Map<Table, List<String>> byMap = new EnumMap<>(Table.class);
        elements.forEach((key, data) ->
                byMap.computeIfAbsent(key.map(), _ -> new ArrayList<>()).add(text(key, data)));
        StringBuilder script = new StringBuilder();
        script.append("table ip ")
                .append(TABLE)
                .append("\ndelete table ip ")
                .append(TABLE)
                .append("\n");
        script.append("table ip ").append(TABLE).append(" {\n");
        for (Table map : Table.values()) {
            script.append("  ").append(declaration(map));
            List<String> lines = byMap.getOrDefault(map, List.of());
            if (!lines.isEmpty()) {
                script.append("\n    elements = {\n      ")
                        .append(String.join(",\n      ", lines))
                        .append("\n    }\n ");
            }
            script.append(" }\n");
        }
        return script.append(chains())
                .append("  chain ")
                .append(stamp())
                .append(" { }\n}\n")
                .toString();
    }

    private static String declaration(Table map) {
        return switch (map) {
            case SERVICES -> "map services { type ipv4_addr . inet_proto . inet_service : verdict;";
            case ENDPOINTS ->
                "map endpoints { typeof ip daddr . meta l4proto . th dport . numgen random mod 256 : ip daddr . th dport;";
            case NODE_PORTS -> "map node_ports { type inet_proto . inet_service : verdict;";
            case NODE_PORT_ENDPOINTS ->
                "map node_port_endpoints { typeof meta l4proto . th dport . numgen random mod 256 : ip daddr . th dport;";
            case HOST_PORTS -> "map host_ports { type inet_proto . inet_service : ipv4_addr . inet_service;";
            case HOST_ADDRESS_PORTS ->
                "map host_address_ports { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service;";
            case HAIRPIN -> "set hairpin { type ipv4_addr . ipv4_addr;";
        };
    }

    private static String text(ElementKey key, SetElement.Data data) {
        String transport = key.transport() == Transport.TCP ? "tcp" : "udp";
        String left = switch (key.map()) {
            case SERVICES, HOST_ADDRESS_PORTS -> "%s . %s . %d".formatted(key.address(), transport, key.port());
            case ENDPOINTS -> "%s . %s . %d . %d".formatted(key.address(), transport, key.port(), key.slot());
            case NODE_PORTS, HOST_PORTS -> "%s . %d".formatted(transport, key.port());
            case NODE_PORT_ENDPOINTS -> "%s . %d . %d".formatted(transport, key.port(), key.slot());
            case HAIRPIN -> "%s . %s".formatted(key.address(), key.address());
        };
        return switch (data) {
            case SetElement.None _ -> left;
            case SetElement.Goto(String chain) -> left + " : goto " + chain;
            case SetElement.Value(byte[] value) -> left + " : " + target(value);
        };
    }

    private static String target(byte[] value) {
        byte[] address = new byte[4];
        ByteBuffer in = ByteBuffer.wrap(value).get(address);
        return dev.gantry.linux.netlink.Ipv4.format(address) + " . " + (in.getShort() & 0xffff);
    }

    private String chains() {
        return slotChains() + serviceChains() + filterChains() + sourceChain();
    }

    private static String slotChains() {
        StringBuilder chains = new StringBuilder();
        for (int slots = 1; slots <= ServiceElements.MAX_SLOTS; slots *= 2) {
            chains.append(chains("slots_" + slots, "numgen random mod " + slots));
        }
        return chains.append(chains(ServiceElements.STICKY, "jhash ip saddr mod " + ServiceElements.MAX_SLOTS))
                .toString();
    }

    private static String chains(String name, String slot) {
        return """
                  chain %1$s { dnat ip addr . port to ip daddr . meta l4proto . th dport . %2$s map @endpoints; }
                  chain node_%1$s { dnat ip addr . port to meta l4proto . th dport . %2$s map @node_port_endpoints; }
                """.formatted(name, slot);
    }

    /** From pods and other hosts through prerouting, from this host through output. */
    private String serviceChains() {
        return """
                  chain %1$s { meta l4proto tcp reject with tcp reset; reject; }
                  chain local_ports {
                    dnat ip addr . port to meta l4proto . th dport map @host_ports
                    meta l4proto . th dport vmap @node_ports
                  }
                  chain destinations {
                    dnat ip addr . port to ip daddr . meta l4proto . th dport map @host_address_ports
                    ip daddr . meta l4proto . th dport vmap @services
                    ip daddr %2$s meta l4proto { tcp, udp } th dport 53 dnat to %3$s:53
                    ip daddr %4$s goto %1$s
                    fib daddr type local ip daddr != 127.0.0.0/8 jump local_ports
                  }
                  chain prerouting { type nat hook prerouting priority dstnat; policy accept; jump destinations; }
                  chain output { type nat hook output priority -100; policy accept; jump destinations; }
                """.formatted(ServiceElements.REFUSE, dnsServiceAddress, gateway, serviceRange);
    }

    /** DNS and service addresses are for this host and its pods; nobody else is routed through. */
    private String filterChains() {
        String ours = "{ \"lo\", \"" + NetworkConfig.LINK_PREFIX + "*\" }";
        String outside = """
                  chain outside {
                    type filter hook prerouting priority raw; policy accept;
                    iifname != %1$s ip daddr { %2$s, %3$s } drop
                  }
                """.formatted(ours, gateway, serviceRange);
        if (!isolateForwarding) {
            return outside;
        }
        return outside + """
                  chain forward {
                    type filter hook forward priority filter; policy accept;
                    iifname "%1$s*" accept
                    oifname "%1$s*" accept
                    ct state established,related accept
                    ct status dnat accept
                    drop
                  }
                """.formatted(NetworkConfig.LINK_PREFIX);
    }

    /** Sources are kept within the cluster; only what leaves it, and what comes back to the pod it left, gets another one. */
    private String sourceChain() {
        return """
                  chain postrouting {
                    type nat hook postrouting priority srcnat; policy accept;
                    ip saddr . ip daddr @hairpin snat to %1$s
                    oifname { "lo", "%2$s*" } accept
                    ip saddr %1$s masquerade fully-random
                    ip saddr %3$s ip daddr != %4$s masquerade fully-random
                    ct status dnat ip saddr != %4$s ip daddr %4$s masquerade fully-random
                  }
                """.formatted(gateway, NetworkConfig.LINK_PREFIX, podRange, clusterRange);
    }
}
