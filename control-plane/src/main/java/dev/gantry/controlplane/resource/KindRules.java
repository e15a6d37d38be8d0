package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is special about a kind: its admission, as pure functions over trees of the stored version. The defaults suit a kind without rules of its own.
 */
public interface KindRules {
    KindRules NONE = new KindRules() {};

    /** Sets what only the system sets, and removes what a client may not, in a new object. */
    default void prepareCreate(ObjectNode object) {}

    /** The same for an update; {@code old} is not to be modified. */
    default void prepareUpdate(ObjectNode old, ObjectNode updated) {}

    default void applyDefaults(ObjectNode object) {}

    /** Says everything that is wrong. */
    default void validate(ObjectNode object, Problems problems) {}

    /** Says which changes are not allowed; {@link #validate} is asked too. */
    default void validateUpdate(ObjectNode old, ObjectNode updated, Problems problems) {}

    /** Says what is accepted but nothing honours yet, or should be written differently. */
    default void warn(ObjectNode object, Consumer<String> warnings) {}

    /**
     * How long the object stays, marked as deleted, for others to end their work on it.
     *
     * @param wanted what the request says, in seconds; null for nothing
     * @return 0 for at once
     */
    default long graceSeconds(ObjectNode object, @Nullable Long wanted) {
        return 0;
    }

    /** Whether something besides finalizers and grace keeps an object that is marked as deleted. */
    default boolean isHeld(ObjectNode object) {
        return false;
    }

    /** Says why the object may not be deleted at all. */
    default void validateDelete(ObjectNode object, Problems problems) {}

    /** Changes an object that has just been marked as deleted. */
    default void markDeleted(ObjectNode object) {}

    /** Whether a change of the spec raises {@code metadata.generation}. */
    default boolean hasGeneration() {
        return true;
    }
}
