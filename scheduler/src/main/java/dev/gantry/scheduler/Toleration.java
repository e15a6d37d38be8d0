package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which taints a pod accepts, as Kubernetes' page "Taints and Tolerations" has it.
 *
 * @param key empty for every key, which needs {@code anyValue}
 * @param anyValue the operator Exists; otherwise the value must be equal
 * @param effect null for every effect
 */
public record Toleration(String key, boolean anyValue, String value, Taint.@Nullable Effect effect) {
    // Not the compact form: javac would not record for other modules that effect may be null.
    public Toleration(String key, boolean anyValue, String value, Taint.@Nullable Effect effect) {
        this.key = requireNonNull(key, "key is null");
        this.anyValue = anyValue;
        this.value = requireNonNull(value, "value is null");
        this.effect = effect;
    }

    public boolean tolerates(Taint taint) {
        if (effect != null && effect != taint.effect()) {
            return false;
        }
        if (!key.isEmpty() && !key.equals(taint.key())) {
            return false;
        }
        return anyValue || (!key.isEmpty() && value.equals(taint.value()));
    }

    public static boolean anyTolerates(List<Toleration> tolerations, Taint taint) {
        return tolerations.stream().anyMatch(toleration -> toleration.tolerates(taint));
    }
}
