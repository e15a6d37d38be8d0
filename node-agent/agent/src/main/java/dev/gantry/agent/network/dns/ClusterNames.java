package dev.gantry.agent.network.dns;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.NodeNetwork.Service;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.NameTooLongException;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * The names of the cluster, after Kubernetes' "DNS-Based Service Discovery" specification: services, endpoints of headless services, ports (SRV), pods by
 * address, and addresses backwards. Everything is found in the last service table without waiting. Safe for use by many threads.
 */
public final class ClusterNames {
    /** Seconds; short, as endpoints change often and asking is cheap. */
    static final long TTL = 5;

    private volatile @Nullable Zone zone;
    private volatile ServiceIndex services = ServiceIndex.of(List.of());

    /** @param start the zone's SOA record */
    private record Zone(Name domain, Ipv4Zone pods, Ipv4Zone addresses, SOARecord start) {}

    /** @param domain such as cluster.local @throws IllegalArgumentException for one that is no DNS name */
    public void configure(String domain, String podRange, String serviceRange) {
        Name name = absolute(domain);
        SOARecord start = new SOARecord(
                name,
                DClass.IN,
                TTL,
                concatenate("ns.dns", name),
                concatenate("hostmaster", name),
                1,
                7200,
                1800,
                86400,
                TTL);
        zone = new Zone(name, new Ipv4Zone(podRange), new Ipv4Zone(serviceRange), start);
    }

    /** Replaces the whole table. */
    public void services(Collection<Service> table) {
        services = ServiceIndex.of(table);
    }

    /** The answer; empty when the name is none of the cluster's. */
    Optional<Answer> find(Name name, int type) {
        Zone current = zone;
        if (current == null) {
            return Optional.empty();
        }
        if (name.subdomain(current.domain())) {
            return Optional.of(forward(current, name, type));
        }
        return reverse(current, name, type);
    }

    private Answer forward(Zone current, Name name, int type) {
        int depth = name.labels() - current.domain().labels();
        if (depth == 0) {
            return type == Type.SOA ? Answer.of(List.of(current.start())) : Answer.noData(current.start());
        }
        Lookup lookup = new Lookup(current.domain(), current.start(), name, type);
        String branch = label(name, depth - 1);
        return switch (branch) {
            case "svc" -> serviceBranch(lookup, depth);
            case "pod" -> podBranch(current, lookup, depth);
            default -> lookup.noSuchName();
        };
    }

    private Answer serviceBranch(Lookup lookup, int depth) {
        if (depth == 1) {
            return lookup.noData();
        }
        String namespace = label(lookup.name(), depth - 2);
        if (depth == 2) {
            return services.hasNamespace(namespace) ? lookup.noData() : lookup.noSuchName();
        }
        Optional<Service> service = services.find(namespace, label(lookup.name(), depth - 3));
        if (service.isEmpty()) {
            return lookup.noSuchName();
        }
        ServiceRecords records = new ServiceRecords(service.get(), lookup.domain());
        if (depth == 3) {
            return service.get().externalName().isEmpty()
                    ? ofService(lookup, records)
                    : ofAlias(lookup, service.get().externalName());
        }
        String last = label(lookup.name(), depth - 4);
        return switch (depth) {
            case 4 ->
                last.startsWith("_") && records.hasTransport(last)
                        ? lookup.noData()
                        : lookup.of(records.hostAddresses(lookup.name(), last), Type.A);
            case 5 -> ofPort(lookup, records, label(lookup.name(), 0), last);
            default -> lookup.noSuchName();
        };
    }

    private static Answer ofService(Lookup lookup, ServiceRecords records) {
        return switch (lookup.type()) {
            case Type.SRV -> lookup.of(records.ports(lookup.name()), records.targetAddresses());
            case Type.A, Type.ANY -> {
                List<Record> addresses = records.addresses(lookup.name());
                yield addresses.isEmpty() ? lookup.noData() : Answer.of(addresses);
            }
            default -> lookup.noData();
        };
    }

    private static Answer ofPort(Lookup lookup, ServiceRecords records, String port, String transport) {
        List<Record> found = records.port(lookup.name(), port, transport);
        if (found.isEmpty()) {
            return lookup.noSuchName();
        }
        return lookup.type() == Type.SRV || lookup.type() == Type.ANY
                ? Answer.of(found, records.targetAddresses())
                : lookup.noData();
    }

    /** An alias within the cluster is followed here, once; others by the server. */
    private Answer ofAlias(Lookup lookup, String externalName) {
        Name target;
        try {
            target = absolute(externalName);
        } catch (IllegalArgumentException e) {
            return lookup.noData();
        }
        Record alias = new CNAMERecord(lookup.name(), DClass.IN, TTL, target);
        if (lookup.type() == Type.CNAME || target.equals(lookup.name())) {
            return Answer.of(List.of(alias));
        }
        if (lookup.type() != Type.A && lookup.type() != Type.AAAA && lookup.type() != Type.ANY) {
            return Answer.of(List.of(alias));
        }
        if (!target.subdomain(lookup.domain())) {
            return Answer.alias(alias);
        }
        Optional<Answer> inside = isAlias(target, lookup.domain()) ? Optional.empty() : find(target, lookup.type());
        return Answer.of(List.of(alias)).followedBy(inside.map(Answer::answers).orElse(List.of()));
    }

    private boolean isAlias(Name name, Name domain) {
        int depth = name.labels() - domain.labels();
        return depth == 3
                && services.find(label(name, 1), label(name, 0))
                        .filter(service -> !service.externalName().isEmpty())
                        .isPresent();
    }

    /** {@code 10-244-0-5.namespace.pod}: the address is in the name; only addresses that may be pods' are given. */
    private static Answer podBranch(Zone current, Lookup lookup, int depth) {
        if (depth < 3) {
            return lookup.noData();
        }
        Optional<String> address = depth == 3 ? Ipv4Zone.dashed(label(lookup.name(), 0)) : Optional.empty();
        if (address.isEmpty() || !current.pods().contains(address.get())) {
            return lookup.noSuchName();
        }
        return lookup.of(List.of(ServiceRecords.address(lookup.name(), address.get())), Type.A);
    }

    private Optional<Answer> reverse(Zone current, Name name, int type) {
        Optional<String> address = Ipv4Zone.ofReverse(name);
        if (address.isEmpty()
                || !(current.pods().contains(address.get())
                        || current.addresses().contains(address.get()))) {
            return Optional.empty();
        }
        Lookup lookup = new Lookup(current.domain(), current.start(), name, type);
        List<Record> pointers = services.pointers(name, address.get(), current.domain());
        return Optional.of(lookup.of(pointers, Type.PTR));
    }

    static String label(Name name, int index) {
        return name.getLabelString(index).toLowerCase(Locale.ROOT);
    }

    static Name absolute(String text) {
        try {
            return Name.fromString(text, Name.root);
        } catch (TextParseException e) {
            throw new IllegalArgumentException("Not a DNS name: " + text, e);
        }
    }

    static Name concatenate(String text, Name domain) {
        try {
            return Name.concatenate(Name.fromString(text), domain);
        } catch (TextParseException | NameTooLongException e) {
            throw new IllegalArgumentException("Not a DNS name: " + text + "." + domain, e);
        }
    }

    /** A question below the cluster's domain. */
    private record Lookup(Name domain, SOARecord start, Name name, int type) {
        Lookup {
            requireNonNull(domain, "domain is null");
        }

        Answer noSuchName() {
            return Answer.noSuchName(start);
        }

        Answer noData() {
            return Answer.noData(start);
        }

        /** The records when they are of the type asked for; the name doesn't exist when there are none. */
        Answer of(List<Record> records, int recordType) {
            if (records.isEmpty()) {
                return noSuchName();
            }
            return type == recordType || type == Type.ANY ? Answer.of(records) : noData();
        }

        Answer of(List<Record> records, List<Record> additional) {
            return records.isEmpty() ? noData() : Answer.of(records, additional);
        }
    }
}
