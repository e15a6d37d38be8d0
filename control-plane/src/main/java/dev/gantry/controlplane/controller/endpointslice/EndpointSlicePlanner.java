package dev.gantry.controlplane.controller.endpointslice;

import static dev.gantry.controlplane.resource.Resources.ENDPOINT_SLICES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static dev.gantry.controlplane.resource.Resources.SERVICES;

import dev.gantry.controlplane.controller.endpointslice.DesiredEndpoints.Group;
import dev.gantry.controlplane.controller.runtime.Action;
import dev.gantry.controlplane.controller.runtime.Circumstances;
import dev.gantry.controlplane.controller.runtime.ObjectName;
import dev.gantry.controlplane.controller.runtime.Owners;
import dev.gantry.controlplane.controller.runtime.Plan;
import dev.gantry.controlplane.controller.runtime.Planner;
import dev.gantry.controlplane.controller.runtime.Selectors;
import dev.gantry.controlplane.resource.ClusterObjects;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Plans one Service's EndpointSlices. Endpoints stay in the slice they are in, so that one pod's change rewrites one slice. Slices of other makers and of
 * Services without a selector are left alone.
 */
public final class EndpointSlicePlanner implements Planner<ObjectName> {
    static final String SERVICE_NAME = "kubernetes.io/service-name";
    static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
    static final String OURS = "endpointslice-controller.k8s.io";
    private static final String HEADLESS = "service.kubernetes.io/headless";
    static final int SLICE_SIZE = 100;

    @Override
    public String name() {
        return "endpoint-slice-controller";
    }

    @Override
    public void subscribe(Subscriptions<ObjectName> subscriptions) {
        subscriptions.watch(SERVICES, (before, after) -> {
            Service either = after == null ? before : after;
            if (either != null) {
                subscriptions.enqueue(ObjectName.of(either));
            }
        });
        subscriptions.watch(ENDPOINT_SLICES, (before, after) -> {
            EndpointSlice either = after == null ? before : after;
            if (either != null && isOurs(either)) {
                subscriptions.enqueue(new ObjectName(
                        either.getMetadata().getNamespace(),
                        Selectors.labels(either).getOrDefault(SERVICE_NAME, "")));
            }
        });
        subscriptions.watch(PODS, (before, after) -> {
            if (before == null || after == null || differs(before, after)) {
                Pod either = after == null ? Objects.requireNonNull(before) : after;
                subscriptions.objects().list(SERVICES, either.getMetadata().getNamespace()).stream()
                        .filter(service -> selects(service, before) || selects(service, after))
                        .forEach(service -> subscriptions.enqueue(ObjectName.of(service)));
            }
        });
    }

    private static boolean selects(Service service, @Nullable Pod pod) {
        return pod != null && Selectors.matches(service.getSpec().getSelector(), pod);
    }

    /** Whether anything changed that could reach a slice. */
    private static boolean differs(Pod before, Pod after) {
        return !Selectors.labels(before).equals(Selectors.labels(after))
                || !Objects.equals(before.getSpec(), after.getSpec())
                || !Objects.equals(before.getStatus(), after.getStatus())
                || !Objects.equals(
                        before.getMetadata().getDeletionTimestamp(),
                        after.getMetadata().getDeletionTimestamp());
    }

    @Override
    public Plan plan(ObjectName key, ClusterObjects objects, Circumstances circumstances) {
        List<EndpointSlice> slices = objects.list(ENDPOINT_SLICES, key.namespace()).stream()
                .filter(slice -> isOurs(slice)
                        && key.name().equals(Selectors.labels(slice).get(SERVICE_NAME)))
                .toList();
        Service service = objects.get(SERVICES, key.namespace(), key.name()).orElse(null);
        if (service == null) {
            return plan(slices.stream()
                    .<Action>map(slice -> Action.Delete.of(ENDPOINT_SLICES, slice))
                    .toList());
        }
        Map<String, String> selector = service.getSpec().getSelector();
        if (service.getMetadata().getDeletionTimestamp() != null
                || "ExternalName".equals(service.getSpec().getType())
                || selector == null
                || selector.isEmpty()) {
            return Plan.nothing();
        }
        List<Pod> selected = objects.list(PODS, key.namespace()).stream()
                .filter(pod -> Selectors.matches(selector, pod))
                .toList();
        return plan(service, selected, slices);
    }

    private static boolean isOurs(EndpointSlice slice) {
        return OURS.equals(Selectors.labels(slice).get(MANAGED_BY));
    }

    private static Plan plan(List<Action> actions) {
        return new Plan(actions, null);
    }

    /** @param slices those that this controller made for the service */
    static Plan plan(Service service, List<Pod> selected, List<EndpointSlice> slices) {
        Map<Group, List<Endpoint>> desired = DesiredEndpoints.of(service, selected);
        Map<Group, List<EndpointSlice>> existing = new LinkedHashMap<>();
        for (EndpointSlice slice : slices) {
            existing.computeIfAbsent(groupOf(slice), _ -> new ArrayList<>()).add(slice);
        }
        List<Action> writes = new ArrayList<>();
        List<Action> deletions = new ArrayList<>();
        desired.forEach((group, endpoints) ->
                planGroup(service, group, endpoints, existing.getOrDefault(group, List.of()), writes, deletions));
        existing.forEach((group, gone) -> {
            if (!desired.containsKey(group)) {
                gone.forEach(slice -> deletions.add(Action.Delete.of(ENDPOINT_SLICES, slice)));
            }
        });
        // New slices first: a reader that sees only a part has an endpoint twice rather than not at all.
        writes.addAll(deletions);
        return plan(writes);
    }

    private static void planGroup(
            Service service,
            Group group,
            List<Endpoint> endpoints,
            List<EndpointSlice> slices,
            List<Action> writes,
            List<Action> deletions) {
        Map<String, Endpoint> unplaced = new LinkedHashMap<>();
        endpoints.forEach(endpoint -> unplaced.put(identity(endpoint), endpoint));
        List<List<Endpoint>> kept = new ArrayList<>();
        for (EndpointSlice slice : slices) {
            List<Endpoint> stay = new ArrayList<>();
            for (Endpoint before : endpointsOf(slice)) {
                Endpoint still = unplaced.remove(identity(before));
                if (still != null) {
                    stay.add(still);
                }
            }
            kept.add(stay);
        }
        List<Endpoint> rest = new ArrayList<>(unplaced.values());
        for (int i = 0; i < slices.size(); i++) {
            List<Endpoint> content = kept.get(i);
            while (content.size() < SLICE_SIZE && !rest.isEmpty()) {
                content.add(rest.removeFirst());
            }
            EndpointSlice slice = slices.get(i);
            if (content.isEmpty()) {
                deletions.add(Action.Delete.of(ENDPOINT_SLICES, slice));
            } else if (!content.equals(endpointsOf(slice)) || !describes(service, slice)) {
                slice.setEndpoints(content);
                slice.getMetadata().setLabels(labels(service, slice));
                writes.add(new Action.Update<>(ENDPOINT_SLICES, slice));
            }
        }
        for (int from = 0; from < rest.size(); from += SLICE_SIZE) {
            List<Endpoint> content = rest.subList(from, Math.min(rest.size(), from + SLICE_SIZE));
            writes.add(new Action.Create<>(ENDPOINT_SLICES, slice(service, group, content), service));
        }
    }

    private static List<Endpoint> endpointsOf(EndpointSlice slice) {
        return slice.getEndpoints() == null ? List.of() : slice.getEndpoints();
    }

    private static Group groupOf(EndpointSlice slice) {
        return new Group(slice.getAddressType(), slice.getPorts() == null ? List.of() : List.copyOf(slice.getPorts()));
    }

    private static String identity(Endpoint endpoint) {
        String uid =
                endpoint.getTargetRef() == null ? "" : endpoint.getTargetRef().getUid();
        return uid + " " + endpoint.getAddresses();
    }

    private static boolean describes(Service service, EndpointSlice slice) {
        return Selectors.labels(slice).equals(labels(service, slice));
    }

    private static Map<String, String> labels(Service service, @Nullable EndpointSlice slice) {
        Map<String, String> labels = new HashMap<>(slice == null ? Map.of() : Selectors.labels(slice));
        labels.putAll(Selectors.labels(service));
        labels.put(SERVICE_NAME, service.getMetadata().getName());
        labels.put(MANAGED_BY, OURS);
        if ("None".equals(service.getSpec().getClusterIP())) {
            labels.put(HEADLESS, "");
        }
        return labels;
    }

    private static EndpointSlice slice(Service service, Group group, List<Endpoint> endpoints) {
        return new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace(service.getMetadata().getNamespace())
                .withGenerateName(service.getMetadata().getName() + "-")
                .withLabels(labels(service, null))
                .withOwnerReferences(Owners.controllerReference(service))
                .endMetadata()
                .withAddressType(group.addressType())
                .withPorts(group.ports())
                .withEndpoints(List.copyOf(endpoints))
                .build();
    }
}
