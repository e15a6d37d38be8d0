package dev.gantry.controlplane.dispatch;

import dev.gantry.wire.node.v1.ServiceEntry;
import dev.gantry.wire.node.v1.ServiceName;
import dev.gantry.wire.node.v1.ServiceTableDelta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All Services of the cluster with their endpoints, as one versioned table. Changes come from the watches; a pod that is being deleted leaves at once,
 * before any controller has changed its slice. Safe for use by many threads.
 */
final class ServiceTable {
    private static final String SERVICE_NAME_LABEL = "kubernetes.io/service-name";

    private final LongSupplier storeRevision;
    private final Runnable changed;
    private final Map<ServiceName, Service> services = new HashMap<>();
    private final Map<ServiceName, Map<String, EndpointSlice>> slices = new HashMap<>();
    private final Map<String, Set<ServiceName>> servicesOfPod = new HashMap<>();
    private final Set<String> stopping = new HashSet<>();
    private Version current = new Version(0, Map.of());

    /**
     * @param storeRevision what new versions are numbered by, so that they rise from leader to leader
     * @param changed called after each new version; must not block
     */
    ServiceTable(LongSupplier storeRevision, Runnable changed) {
        this.storeRevision = storeRevision;
        this.changed = changed;
    }

    /** @param entries unmodifiable */
    record Version(long revision, Map<ServiceName, ServiceEntry> entries) {
        /** What leads from {@code base} to this version. */
        ServiceTableDelta since(Version base) {
            ServiceTableDelta.Builder delta = ServiceTableDelta.newBuilder()
                    .setBaseRevision(base.revision())
                    .setRevision(revision);
            entries.forEach((name, entry) -> {
                if (!Objects.equals(base.entries().get(name), entry)) {
                    delta.addServices(entry);
                }
            });
            base.entries().keySet().stream()
                    .filter(name -> !entries.containsKey(name))
                    .forEach(delta::addRemoved);
            return delta.build();
        }
    }

    synchronized Version current() {
        return current;
    }

    void serviceChanged(@Nullable Service before, @Nullable Service after) {
        Service any = after == null ? before : after;
        if (any == null) {
            return;
        }
        synchronized (this) {
            ServiceName name = ServiceEntries.name(any);
            if (after == null) {
                services.remove(name);
            } else {
                services.put(name, after);
            }
            publish(Set.of(name));
        }
        changed.run();
    }

    void sliceChanged(@Nullable EndpointSlice before, @Nullable EndpointSlice after) {
        Set<ServiceName> names = new HashSet<>();
        synchronized (this) {
            if (before != null) {
                ServiceName name = serviceOf(before);
                slices.getOrDefault(name, new HashMap<>())
                        .remove(before.getMetadata().getName());
                index(name);
                names.add(name);
            }
            if (after != null) {
                ServiceName name = serviceOf(after);
                slices.computeIfAbsent(name, key -> new HashMap<>())
                        .put(after.getMetadata().getName(), after);
                index(name);
                names.add(name);
            }
            publish(names);
        }
        changed.run();
    }

    /** Changes may have been missed: what is not in this list is gone. */
    void retainServices(List<Service> present) {
        Set<ServiceName> names = new HashSet<>();
        present.forEach(service -> names.add(ServiceEntries.name(service)));
        synchronized (this) {
            Set<ServiceName> gone = new HashSet<>(services.keySet());
            gone.removeAll(names);
            services.keySet().removeAll(gone);
            publish(gone);
        }
        changed.run();
    }

    /** As {@link #retainServices}, for slices. */
    void retainSlices(List<EndpointSlice> present) {
        Map<ServiceName, Set<String>> names = new HashMap<>();
        present.forEach(slice -> names.computeIfAbsent(serviceOf(slice), key -> new HashSet<>())
                .add(slice.getMetadata().getName()));
        synchronized (this) {
            Set<ServiceName> touched = Set.copyOf(slices.keySet());
            slices.forEach((service, known) -> known.keySet().retainAll(names.getOrDefault(service, Set.of())));
            touched.forEach(this::index);
            publish(touched);
        }
        changed.run();
    }

    /** Takes a pod's endpoints out of service. @return the revision that a node must have applied before the pod may stop */
    long stop(String podUid) {
        long revision;
        synchronized (this) {
            if (stopping.add(podUid)) {
                publish(servicesOfPod.getOrDefault(podUid, Set.of()));
            }
            // a slice may have lost the pod before its deletion was seen: so the present table counts even for pods
            // that it doesn't name
            revision = current.entries().isEmpty() ? 0 : current.revision();
        }
        changed.run();
        return revision;
    }

    /** The pod is gone for good. */
    synchronized void forget(String podUid) {
        stopping.remove(podUid);
    }

    private void index(ServiceName name) {
        servicesOfPod.values().forEach(names -> names.remove(name));
        servicesOfPod.values().removeIf(Set::isEmpty);
        for (EndpointSlice slice : slices.getOrDefault(name, Map.of()).values()) {
            if (slice.getEndpoints() != null) {
                slice.getEndpoints().stream()
                        .filter(endpoint -> endpoint.getTargetRef() != null
                                && endpoint.getTargetRef().getUid() != null)
                        .forEach(endpoint -> servicesOfPod
                                .computeIfAbsent(endpoint.getTargetRef().getUid(), uid -> new HashSet<>())
                                .add(name));
            }
        }
    }

    private void publish(Collection<ServiceName> names) {
        Map<ServiceName, ServiceEntry> entries = new HashMap<>(current.entries());
        for (ServiceName name : names) {
            Service service = services.get(name);
            if (service == null) {
                entries.remove(name);
            } else {
                entries.put(
                        name,
                        ServiceEntries.entry(
                                service, slices.getOrDefault(name, Map.of()).values(), stopping::contains));
            }
        }
        if (!entries.equals(current.entries())) {
            current = new Version(Math.max(current.revision() + 1, storeRevision.getAsLong()), Map.copyOf(entries));
        }
    }

    private static ServiceName serviceOf(EndpointSlice slice) {
        Map<String, String> labels = slice.getMetadata().getLabels();
        return ServiceName.newBuilder()
                .setNamespace(slice.getMetadata().getNamespace())
                .setName(labels == null ? "" : labels.getOrDefault(SERVICE_NAME_LABEL, ""))
                .build();
    }
}
