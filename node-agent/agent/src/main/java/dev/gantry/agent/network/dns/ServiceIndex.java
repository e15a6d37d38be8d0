package dev.gantry.agent.network.dns;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.NodeNetwork.Endpoint;
import dev.gantry.agent.network.NodeNetwork.Port;
import dev.gantry.agent.network.NodeNetwork.Service;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Record;

/** A service table by name and, once somebody asks, by address. Immutable to the outside. */
final class ServiceIndex {
    private final Map<String, Service> byName;
    private final Set<String> namespaces;
    private volatile @Nullable Map<String, List<String>> byAddress;

    private ServiceIndex(Map<String, Service> byName, Set<String> namespaces) {
        this.byName = requireNonNull(byName, "byName is null");
        this.namespaces = requireNonNull(namespaces, "namespaces is null");
    }

    static ServiceIndex of(Collection<Service> table) {
        Map<String, Service> byName = new HashMap<>();
        Set<String> namespaces = new HashSet<>();
        for (Service service : table) {
            byName.put(key(service.namespace(), service.name()), service);
            namespaces.add(service.namespace().toLowerCase(Locale.ROOT));
        }
        return new ServiceIndex(byName, namespaces);
    }

    boolean hasNamespace(String namespace) {
        return namespaces.contains(namespace);
    }

    Optional<Service> find(String namespace, String name) {
        return Optional.ofNullable(byName.get(key(namespace, name)));
    }

    List<Record> pointers(Name question, String address, Name domain) {
        List<Record> pointers = new ArrayList<>();
        for (String name : addresses().getOrDefault(address, List.of())) {
            pointers.add(new PTRRecord(question, DClass.IN, ClusterNames.TTL, ClusterNames.concatenate(name, domain)));
        }
        return pointers;
    }

    private Map<String, List<String>> addresses() {
        Map<String, List<String>> known = byAddress;
        if (known == null) {
            known = index();
            byAddress = known;
        }
        return known;
    }

    private Map<String, List<String>> index() {
        Map<String, List<String>> index = new HashMap<>();
        for (Service service : byName.values()) {
            String suffix = service.name() + "." + service.namespace() + ".svc";
            for (String address : service.clusterAddresses()) {
                add(index, address, suffix);
            }
            if (service.clusterAddresses().isEmpty()) {
                for (Port port : service.ports()) {
                    for (Endpoint endpoint : port.endpoints()) {
                        if (endpoint.ready() || service.publishNotReady()) {
                            add(index, endpoint.address(), ServiceRecords.host(endpoint) + "." + suffix);
                        }
                    }
                }
            }
        }
        return index;
    }

    private static void add(Map<String, List<String>> index, String address, String name) {
        List<String> names = index.computeIfAbsent(address, _ -> new ArrayList<>());
        if (!names.contains(name)) {
            names.add(name);
        }
    }

    private static String key(String namespace, String name) {
        return (namespace + "/" + name).toLowerCase(Locale.ROOT);
    }
}
