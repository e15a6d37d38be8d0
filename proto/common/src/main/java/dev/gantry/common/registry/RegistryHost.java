package dev.gantry.common.registry;

import java.net.InetAddress;
import java.net.URI;

/** Where a registry that an image's name begins with is found. */
final class RegistryHost {
    private RegistryHost() {}

    /** TLS everywhere but on this very host, as Docker does it: a test registry there needs no certificate. */
    static URI uri(String registry) {
        return URI.create((isLoopback(host(registry)) ? "http://" : "https://") + registry);
    }

    /** Without the port, and an IPv6 address without its brackets. */
    static String host(String registry) {
        if (registry.startsWith("[")) {
            return registry.substring(1, registry.indexOf(']'));
        }
        int colon = registry.indexOf(':');
        return colon < 0 ? registry : registry.substring(0, colon);
    }

    /** By the name alone: nothing is looked up, for an answer could be forged. */
    static boolean isLoopback(String host) {
        if (host.equalsIgnoreCase("localhost")) {
            return true;
        }
        try {
            return InetAddress.ofLiteral(host.replaceAll("^\\[|]$", "")).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
