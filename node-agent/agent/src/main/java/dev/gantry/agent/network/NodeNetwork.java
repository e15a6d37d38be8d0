package dev.gantry.agent.network;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.function.LongConsumer;

/** The host's part of the cluster network: base rules, Services and DNS. */
public interface NodeNetwork {
    /**
     * Sets up, or takes over, links, base rules and DNS for these ranges. Called with each new settings message; idempotent.
     *
     * @throws IOException naming the range and the route it overlaps with
     */
    void configure(Settings settings) throws IOException;

    /**
     * Brings the kernel's tables and DNS to this table: only differences are written.
     *
     * @param applied called with the revision once the kernel holds it
     */
    void apply(ServiceTable table, LongConsumer applied);

    /**
     * Brings the host's routes to other nodes' pods to these: all there are. Before the {@link #apply} of a table that follows.
     *
     * @param peers of other nodes; a range outside the cluster's is refused in the log
     */
    void route(List<Peer> peers);

    /** Nodes whose pods can't be reached from this host, each with why, as one phrase; empty when all can. */
    List<String> unreachable();

    /** The gateway address at which DNS answers pods. */
    InetAddress dnsAddress();

    /** Removes everything that was set up on this host. */
    void tearDown() throws IOException;

    record Settings(
            String podRange,
            String clusterPodRange,
            String serviceRange,
            String dnsServiceAddress,
            String clusterDomain,
            int nodePortFirst,
            int nodePortLast) {}

    /**
     * Another node.
     *
     * @param podRange of its pods, CIDR
     * @param addresses best first
     */
    record Peer(String podRange, String nodeName, List<String> addresses) {
        public Peer {
            addresses = List.copyOf(addresses);
        }
    }

    /** All Services of the cluster. */
    record ServiceTable(long revision, List<Service> services) {
        public ServiceTable {
            services = List.copyOf(services);
        }
    }

    record Service(
            String namespace,
            String name,
            List<String> clusterAddresses,
            List<Port> ports,
            String externalName,
            boolean publishNotReady,
            int affinitySeconds) {}

    record Port(String name, PodNetwork.Transport transport, int port, int nodePort, List<Endpoint> endpoints) {}

    record Endpoint(String address, int port, boolean ready, String hostname, String nodeName, String podUid) {}
}
