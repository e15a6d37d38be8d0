package dev.gantry.controlplane.dispatch;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Quantities of containers as whole numbers, rounded up. Requests default to limits. */
final class Amounts {
    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);

    private Amounts() {}

    static long cpuLimitMilli(Container container) {
        return milli(limits(container).get("cpu"));
    }

    static long cpuRequestMilli(Container container) {
        return milli(requests(container).getOrDefault("cpu", limits(container).get("cpu")));
    }

    static long memoryLimitBytes(Container container) {
        return units(limits(container).get("memory"), BigDecimal.ONE);
    }

    static long memoryRequestBytes(Container container) {
        return units(
                requests(container).getOrDefault("memory", limits(container).get("memory")), BigDecimal.ONE);
    }

    static Map<String, Quantity> limits(Container container) {
        ResourceRequirements resources = container.getResources();
        return resources == null || resources.getLimits() == null ? Map.of() : resources.getLimits();
    }

    static Map<String, Quantity> requests(Container container) {
        ResourceRequirements resources = container.getResources();
        return resources == null || resources.getRequests() == null ? Map.of() : resources.getRequests();
    }

    /** How many times {@code divisor} fits, rounded up; 0 for null. */
    static long units(@Nullable Quantity quantity, BigDecimal divisor) {
        if (quantity == null) {
            return 0;
        }
        return quantity.getNumericalAmount()
                .divide(divisor, 0, RoundingMode.CEILING)
                .min(BigDecimal.valueOf(Long.MAX_VALUE))
                .longValue();
    }

    static long milli(@Nullable Quantity quantity) {
        return quantity == null
                ? 0
                : quantity.getNumericalAmount()
                        .multiply(THOUSAND)
                        .setScale(0, RoundingMode.CEILING)
                        .longValue();
    }
}
