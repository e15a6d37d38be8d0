package dev.gantry.controlplane.dispatch;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/** Kubernetes' three classes of service, from requests and limits. */
final class QualityOfService {
    private QualityOfService() {}

    static String of(Pod pod) {
        List<Container> containers = PodFields.allContainers(pod);
        boolean nothing = containers.stream()
                .allMatch(container ->
                        Amounts.cpuRequestMilli(container) == 0 && Amounts.memoryRequestBytes(container) == 0);
        if (nothing) {
            return "BestEffort";
        }
        return containers.stream().allMatch(QualityOfService::isGuaranteed) ? "Guaranteed" : "Burstable";
    }

    private static boolean isGuaranteed(Container container) {
        return Amounts.cpuLimitMilli(container) > 0
                && Amounts.memoryLimitBytes(container) > 0
                && Amounts.cpuLimitMilli(container) == Amounts.cpuRequestMilli(container)
                && Amounts.memoryLimitBytes(container) == Amounts.memoryRequestBytes(container);
    }
}
