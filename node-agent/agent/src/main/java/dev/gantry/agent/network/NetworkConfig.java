package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.netlink.Ipv4;
import java.nio.file.Path;

/**
 * What the network of a host is made with. The same values must be given to each agent of the host, and to the one that takes everything down.
 *
 * @param stateDirectory of this package alone, on tmpfs: nothing in it matters after a reboot
 * @param gateway the link-local address at which pods see their host; DNS answers there
 * @param poolSize how many network namespaces are kept ready; 0 for none
 * @param resolverConfiguration the host's resolv.conf(5), for names outside the cluster
 */
public record NetworkConfig(Path stateDirectory, String gateway, int poolSize, Path resolverConfiguration) {
    public static final String DEFAULT_GATEWAY = "169.254.42.1";
    public static final int DEFAULT_POOL_SIZE = 4;

    /** Every link of ours on the host begins with it, and no other may. */
    static final String LINK_PREFIX = "gantry";

    /** Marks our routes (rtnetlink(7), rtm_protocol). */
    static final int ROUTE_PROTOCOL = 71;

    /** Of every near end: pods keep it as a permanent neighbour. */
    static final String GATEWAY_HARDWARE = "ee:ee:ee:ee:ee:ee";

    public NetworkConfig {
        requireNonNull(stateDirectory, "stateDirectory is null");
        requireNonNull(gateway, "gateway is null");
        requireNonNull(resolverConfiguration, "resolverConfiguration is null");
        Ipv4.parse(gateway);
        if (poolSize < 0) {
            throw new IllegalArgumentException("poolSize is " + poolSize + ", expected 0 or more");
        }
    }

    /** The defaults, with state in this directory. */
    public static NetworkConfig in(Path stateDirectory) {
        return new NetworkConfig(stateDirectory, DEFAULT_GATEWAY, DEFAULT_POOL_SIZE, Path.of("/etc/resolv.conf"));
    }
}
