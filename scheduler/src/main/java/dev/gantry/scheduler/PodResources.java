package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a pod needs at the most at any moment of its life, by the rule of Kubernetes' pages "Init Containers" and "Sidecar Containers": ordinary init
 * containers run one after another, each beside the sidecars that were declared before it; later all containers run beside all sidecars.
 */
public final class PodResources {
    private PodResources() {}

    /**
     * @param requests what the init container asks for
     * @param sidecar whether it keeps running ({@code restartPolicy: Always})
     */
    public record InitContainer(Resources requests, boolean sidecar) {
        public InitContainer {
            requireNonNull(requests, "requests is null");
        }
    }

    /**
     * @param initContainers in their order of start
     * @param overhead what the pod costs besides its containers
     * @return the effective request, counting as one pod
     */
    public static Resources effective(
            List<InitContainer> initContainers, List<Resources> containers, Resources overhead) {
        Resources running = Resources.NONE;
        for (Resources container : containers) {
            running = running.plus(container);
        }
        Resources sidecars = Resources.NONE;
        Resources starting = Resources.NONE;
        for (InitContainer init : initContainers) {
            if (init.sidecar()) {
                sidecars = sidecars.plus(init.requests());
                starting = starting.max(sidecars);
            } else {
                starting = starting.max(sidecars.plus(init.requests()));
            }
        }
        return running.plus(sidecars).max(starting).plus(overhead).withPods(1);
    }
}
