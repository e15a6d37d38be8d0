package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.ElementKey.Table;
import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.linux.netlink.NetworkNamespace;
import dev.gantry.linux.nftables.NftablesSocket;
import dev.gantry.linux.nftables.NftablesTransaction;
import dev.gantry.linux.nftables.SetElement;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Our nftables table: what the kernel holds is remembered here, never listed. After a failure, and after an agent's start, the maps concerned are
 * replaced whole, in one transaction, so that no connection sees them half full. Safe for use by many threads.
 */
final class KernelTables implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(KernelTables.class);
    private static final CrashPoint RULESET_LOADED = CrashPoint.of("network.ruleset-loaded");
    private static final CrashPoint SERVICES_WRITTEN = CrashPoint.of("network.services-written");
    private static final List<Table> SERVICE_MAPS =
            List.of(Table.ENDPOINTS, Table.NODE_PORT_ENDPOINTS, Table.SERVICES, Table.NODE_PORTS);
    private static final List<Table> POD_MAPS = List.of(Table.HOST_PORTS, Table.HOST_ADDRESS_PORTS, Table.HAIRPIN);

    private final NetworkNamespace host;
    private final StaleFlows staleFlows;
    private final Map<String, Map<ElementKey, SetElement.Data>> pods = new LinkedHashMap<>();
    private Map<ServiceName, Service> services = new LinkedHashMap<>();
    /** What the kernel holds in the service maps, while {@link #servicesKnown}. */
    private final Map<ElementKey, SetElement.Data> heldServices = new HashMap<>();

    private boolean servicesKnown;
    private boolean podsKnown;
    private boolean contested;
    private @Nullable NftablesSocket socket;
    private @Nullable Ruleset loaded;

    record ServiceName(String namespace, String name) {
        static ServiceName of(Service service) {
            return new ServiceName(service.namespace(), service.name());
        }
    }

    KernelTables(NetworkNamespace host) {
        this.host = requireNonNull(host, "host is null");
        this.staleFlows = new StaleFlows(host);
    }

    /** Knows these without telling the kernel: they are what an earlier agent has told it, as far as that one has written. */
    synchronized void recall(Collection<PodRecord> podRecords, Collection<Service> table) {
        podRecords.forEach(pod -> pods.put(pod.podUid(), ServiceElements.of(pod)));
        table.forEach(service -> services.put(ServiceName.of(service), service));
    }

    /**
     * Loads the ruleset, unless the kernel has it. One of other settings, or of another version of this program, is replaced together with all its
     * elements; in the very same one the services of an earlier agent stay as they are until the next {@link #apply}.
     */
    synchronized void load(Ruleset ruleset) throws IOException {
        if (ruleset.equals(loaded)) {
            return;
        }
        if (!socket().hasChain(Ruleset.TABLE, ruleset.stamp())) {
            Map<ElementKey, SetElement.Data> wantedServices = wanted(services.values());
            Map<ElementKey, SetElement.Data> all = new LinkedHashMap<>(wantedServices);
            pods.values().forEach(all::putAll);
            host.call(() -> {
                NftProgram.load(ruleset.script(all));
                return true;
            });
            RULESET_LOADED.reach();
            hold(wantedServices);
            podsKnown = true;
        }
        loaded = ruleset;
        writePods();
    }

    synchronized void addPod(PodRecord pod) throws IOException {
        Map<ElementKey, SetElement.Data> elements = ServiceElements.of(pod);
        Map<ElementKey, SetElement.Data> before = pods.getOrDefault(pod.podUid(), Map.of());
        pods.put(pod.podUid(), elements);
        changePods(before, elements);
    }

    synchronized void removePod(String podUid) throws IOException {
        Map<ElementKey, SetElement.Data> elements = pods.remove(podUid);
        if (elements != null) {
            changePods(elements, Map.of());
        }
    }

    private void changePods(Map<ElementKey, SetElement.Data> before, Map<ElementKey, SetElement.Data> after)
            throws IOException {
        if (loaded == null) {
            return;
        }
        if (podsKnown) {
            podsKnown = false;
            socket().commit(ElementChanges.between(before, after).first(Ruleset.TABLE));
            podsKnown = true;
        } else {
            writePods();
        }
    }

    private void writePods() throws IOException {
        if (!podsKnown) {
            Map<ElementKey, SetElement.Data> all = new LinkedHashMap<>();
            pods.values().forEach(all::putAll);
            socket().commit(ElementChanges.whole(Ruleset.TABLE, POD_MAPS, all));
            podsKnown = true;
        }
    }

    /**
     * Brings the kernel to this table. When it returns the kernel holds all of it; when it throws, the next call starts from nothing.
     *
     * @return how many elements were written
     */
    synchronized int apply(Collection<Service> table) throws IOException {
        Map<ServiceName, Service> next = new LinkedHashMap<>();
        table.forEach(service -> next.put(ServiceName.of(service), service));
        Map<ServiceName, Service> before = services;
        services = next;
        if (loaded == null) {
            return 0;
        }
        boolean whole = !servicesKnown || contested;
        int written = whole ? writeAll() : writeChanges(before, next);
        SERVICES_WRITTEN.reach();
        staleFlows.forget(whole ? Map.of() : before, next);
        return written;
    }

    private int writeAll() throws IOException {
        Map<ElementKey, SetElement.Data> wanted = wanted(services.values());
        servicesKnown = false;
        socket().commit(ElementChanges.whole(Ruleset.TABLE, SERVICE_MAPS, wanted));
        hold(wanted);
        return wanted.size();
    }

    private int writeChanges(Map<ServiceName, Service> before, Map<ServiceName, Service> next) throws IOException {
        Map<ElementKey, SetElement.Data> held = new LinkedHashMap<>();
        Map<ElementKey, SetElement.Data> wanted = new LinkedHashMap<>();
        before.forEach((name, service) -> {
            if (!service.equals(next.get(name))) {
                held.putAll(ServiceElements.of(service));
            }
        });
        next.forEach((name, service) -> {
            if (!service.equals(before.get(name))) {
                wanted.putAll(ServiceElements.of(service));
            }
        });
        if (wanted.keySet().stream().anyMatch(key -> !held.containsKey(key) && heldServices.containsKey(key))) {
            return writeAll();
        }
        ElementChanges changes = ElementChanges.between(held, wanted);
        servicesKnown = false;
        socket().commit(changes.first(Ruleset.TABLE));
        socket().commit(changes.second(Ruleset.TABLE));
        servicesKnown = true;
        heldServices.keySet().removeAll(held.keySet());
        heldServices.putAll(wanted);
        return changes.size();
    }

    private void hold(Map<ElementKey, SetElement.Data> elements) {
        heldServices.clear();
        heldServices.putAll(elements);
        servicesKnown = true;
    }

    /** Of two services with one address and port, which the control plane should not give out, the first one has it. */
    private Map<ElementKey, SetElement.Data> wanted(Collection<Service> table) {
        Map<ElementKey, SetElement.Data> wanted = new LinkedHashMap<>();
        contested = false;
        for (Service service : table) {
            Map<ElementKey, SetElement.Data> elements = ServiceElements.of(service);
            if (elements.keySet().stream().anyMatch(wanted::containsKey)) {
                contested = true;
                log.warn(
                        "Service {}/{} has an address and port, or a node port, of another one; it is left out on this node",
                        service.namespace(),
                        service.name());
            } else {
                wanted.putAll(elements);
            }
        }
        return wanted;
    }

    /** Removes the table. Idempotent. */
    synchronized void remove() throws IOException {
        if (socket().hasTable(Ruleset.TABLE)) {
            socket().commit(new NftablesTransaction(Ruleset.TABLE).deleteTable());
        }
        loaded = null;
        servicesKnown = false;
        podsKnown = false;
        heldServices.clear();
        pods.clear();
        services = new LinkedHashMap<>();
    }

    private NftablesSocket socket() throws IOException {
        NftablesSocket open = socket;
        if (open == null) {
            open = host.call(NftablesSocket::open);
            socket = open;
        }
        return open;
    }

    @Override
    public synchronized void close() {
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }
}
