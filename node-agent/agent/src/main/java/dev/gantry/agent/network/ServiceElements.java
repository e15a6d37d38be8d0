package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.NodeNetwork.Endpoint;
import dev.gantry.agent.network.NodeNetwork.Port;
import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.agent.network.PodNetwork.HostPort;
import dev.gantry.linux.nftables.SetElement;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which elements a service or a pod has in our maps. A packet draws a slot at random, and the slot names the endpoint, so that a change of endpoints is a
 * change of a few elements. A number of endpoints that is a power of two has as many slots; any other has at least four for each endpoint, so that none
 * gets more than a quarter above its share.
 */
final class ServiceElements {
    static final int MAX_SLOTS = 256;
    /** A client sticks to its slot by the hash of its address. */
    static final String STICKY = "sticky";
    /** New connections are refused. */
    static final String REFUSE = "refuse";

    private ServiceElements() {}

    static Map<ElementKey, SetElement.Data> of(Service service) {
        Map<ElementKey, SetElement.Data> elements = new LinkedHashMap<>();
        for (Port port : service.ports()) {
            List<Endpoint> slots = slots(port.endpoints(), service.affinitySeconds() > 0);
            for (String address : service.clusterAddresses()) {
                if (!isIpv4(address)) {
                    continue;
                }
                elements.put(
                        ElementKey.service(address, port.transport(), port.port()),
                        new SetElement.Goto(chain("", service, slots)));
                for (int slot = 0; slot < slots.size(); slot++) {
                    elements.put(
                            ElementKey.endpoint(address, port.transport(), port.port(), slot), target(slots.get(slot)));
                }
            }
            if (port.nodePort() != 0) {
                elements.put(
                        ElementKey.nodePort(port.transport(), port.nodePort()),
                        new SetElement.Goto(chain("node_", service, slots)));
                for (int slot = 0; slot < slots.size(); slot++) {
                    elements.put(
                            ElementKey.nodePortEndpoint(port.transport(), port.nodePort(), slot),
                            target(slots.get(slot)));
                }
            }
        }
        return elements;
    }

    static Map<ElementKey, SetElement.Data> of(PodRecord pod) {
        Map<ElementKey, SetElement.Data> elements = new LinkedHashMap<>();
        elements.put(ElementKey.hairpin(pod.address()), new SetElement.None());
        for (HostPort port : pod.hostPorts()) {
            elements.put(
                    ElementKey.hostPort(port.hostAddress(), port.transport(), port.hostPort()),
                    ElementKey.target(pod.address(), port.containerPort()));
        }
        return elements;
    }

    private static String chain(String prefix, Service service, List<Endpoint> slots) {
        if (slots.isEmpty()) {
            return REFUSE;
        }
        return prefix + (service.affinitySeconds() > 0 ? STICKY : "slots_" + slots.size());
    }

    private static SetElement.Data target(Endpoint endpoint) {
        return ElementKey.target(endpoint.address(), endpoint.port());
    }

    /** The endpoint of each slot; empty when none is ready. */
    static List<Endpoint> slots(List<Endpoint> endpoints, boolean sticky) {
        List<Endpoint> ready = endpoints.stream()
                .filter(endpoint -> endpoint.ready() && isIpv4(endpoint.address()))
                .sorted(Comparator.comparing(Endpoint::address).thenComparing(Endpoint::port))
                .toList();
        if (ready.isEmpty()) {
            return List.of();
        }
        Endpoint[] slots = new Endpoint[sticky ? MAX_SLOTS : slotCount(ready.size())];
        for (int slot = 0; slot < slots.length; slot++) {
            slots[slot] = sticky ? preferred(ready, slot) : ready.get(spread(slot, slots.length, ready.size()));
        }
        return List.of(slots);
    }

    static int slotCount(int endpoints) {
        int atLeast = Integer.bitCount(endpoints) == 1 ? endpoints : 4 * endpoints;
        return Math.min(MAX_SLOTS, atLeast == 1 ? 1 : Integer.highestOneBit(atLeast - 1) << 1);
    }

    private static int spread(int slot, int slots, int endpoints) {
        return endpoints <= slots ? slot % endpoints : (int) ((long) slot * endpoints / slots);
    }

    /** Rendezvous hashing: a slot changes its endpoint only when that one goes, or a new one is its favourite. */
    private static Endpoint preferred(List<Endpoint> endpoints, int slot) {
        Endpoint best = endpoints.getFirst();
        long bestWeight = Long.MIN_VALUE;
        for (Endpoint endpoint : endpoints) {
            long weight =
                    mix(slot * 0x9e3779b97f4a7c15L ^ mix(endpoint.address().hashCode() * 31L + endpoint.port()));
            if (weight > bestWeight) {
                bestWeight = weight;
                best = endpoint;
            }
        }
        return requireNonNull(best, "best is null");
    }

    /** The finalizer of MurmurHash3. */
    private static long mix(long value) {
        long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ (mixed >>> 33);
    }

    private static boolean isIpv4(String address) {
        return address.indexOf(':') < 0;
    }
}
