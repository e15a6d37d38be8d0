package dev.gantry.controlplane.resource;

import dev.gantry.controlplane.resource.ownership.FieldOwner;
import dev.gantry.controlplane.store.Fence;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a write is carried out.
 *
 * @param dryRun everything but the write itself
 * @param fieldValidation what becomes of unknown fields
 * @param fence what a leader-only component must still find true; null for a user's write
 * @param warnings told what the client should know although the write succeeds
 * @param manager who shall own what is written; null for nobody
 */
public record WriteOptions(
        boolean dryRun,
        FieldValidation fieldValidation,
        @Nullable Fence fence,
        Consumer<String> warnings,
        @Nullable FieldOwner manager) {
    /** Kubernetes' {@code fieldValidation}. */
    public enum FieldValidation {
        STRICT,
        WARN,
        IGNORE,
        /** The object was made from the model class: there can be no unknown fields. */
        TRUSTED
    }

    /** For a component of this process. */
    static WriteOptions trusted(@Nullable Fence fence) {
        return new WriteOptions(false, FieldValidation.TRUSTED, fence, warning -> {}, null);
    }

    boolean isInternal() {
        return fieldValidation == FieldValidation.TRUSTED;
    }
}
