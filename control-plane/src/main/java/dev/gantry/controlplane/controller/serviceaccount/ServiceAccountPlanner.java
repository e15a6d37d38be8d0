package dev.gantry.controlplane.controller.serviceaccount;

import static dev.gantry.controlplane.resource.Resources.NAMESPACES;
import static dev.gantry.controlplane.resource.Resources.SERVICE_ACCOUNTS;

import dev.gantry.controlplane.controller.runtime.Action;
import dev.gantry.controlplane.controller.runtime.Circumstances;
import dev.gantry.controlplane.controller.runtime.ObjectName;
import dev.gantry.controlplane.controller.runtime.Plan;
import dev.gantry.controlplane.controller.runtime.Planner;
import dev.gantry.controlplane.resource.ClusterObjects;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;

/** Makes {@code default} in each live namespace, also again after somebody deleted it. The key is the namespace. */
public final class ServiceAccountPlanner implements Planner<String> {
    private static final String DEFAULT = "default";

    @Override
    public String name() {
        return "serviceaccount-controller";
    }

    @Override
    public void subscribe(Subscriptions<String> subscriptions) {
        subscriptions.watch(NAMESPACES, (before, after) -> {
            if (before == null && after != null) {
                subscriptions.enqueue(ObjectName.of(after).name());
            }
        });
        subscriptions.watch(SERVICE_ACCOUNTS, (before, after) -> {
            if (after == null
                    && before != null
                    && before.getMetadata().getName().equals(DEFAULT)) {
                subscriptions.enqueue(before.getMetadata().getNamespace());
            }
        });
    }

    @Override
    public Plan plan(String namespace, ClusterObjects objects, Circumstances circumstances) {
        boolean wanted = objects.get(NAMESPACES, null, namespace)
                .filter(found -> found.getMetadata().getDeletionTimestamp() == null)
                .isPresent();
        if (!wanted || objects.get(SERVICE_ACCOUNTS, namespace, DEFAULT).isPresent()) {
            return Plan.nothing();
        }
        ServiceAccount account = new ServiceAccountBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(DEFAULT)
                .endMetadata()
                .build();
        return Plan.of(new Action.Create<>(SERVICE_ACCOUNTS, account, null));
    }
}
