package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongBinaryOperator;

/**
 * An amount of everything that a node has and a pod asks for.
 *
 * @param milliCpu thousandths of a CPU
 * @param memoryBytes bytes of memory
 * @param ephemeralBytes bytes of node-local disk
 * @param pods pods; 1 for each pod
 * @param extended counted resources by their Kubernetes name, such as {@code nvidia.com/gpu}; a missing one is 0
 */
public record Resources(long milliCpu, long memoryBytes, long ephemeralBytes, long pods, Map<String, Long> extended) {
    public static final Resources NONE = new Resources(0, 0, 0, 0, Map.of());

    public Resources {
        extended = Map.copyOf(requireNonNull(extended, "extended is null"));
    }

    public static Resources of(long milliCpu, long memoryBytes) {
        return new Resources(milliCpu, memoryBytes, 0, 0, Map.of());
    }

    public Resources withPods(long count) {
        return new Resources(milliCpu, memoryBytes, ephemeralBytes, count, extended);
    }

    public Resources plus(Resources other) {
        return combine(other, Long::sum);
    }

    /** The larger of the two for each resource apart. */
    public Resources max(Resources other) {
        return combine(other, Math::max);
    }

    public long extended(String name) {
        return extended.getOrDefault(name, 0L);
    }

    private Resources combine(Resources other, LongBinaryOperator operator) {
        Map<String, Long> combined = extended;
        if (!extended.isEmpty() || !other.extended.isEmpty()) {
            combined = new TreeMap<>(extended);
            for (Map.Entry<String, Long> entry : other.extended.entrySet()) {
                combined.merge(entry.getKey(), entry.getValue(), operator::applyAsLong);
            }
        }
        return new Resources(
                operator.applyAsLong(milliCpu, other.milliCpu),
                operator.applyAsLong(memoryBytes, other.memoryBytes),
                operator.applyAsLong(ephemeralBytes, other.ephemeralBytes),
                operator.applyAsLong(pods, other.pods),
                combined);
    }
}
