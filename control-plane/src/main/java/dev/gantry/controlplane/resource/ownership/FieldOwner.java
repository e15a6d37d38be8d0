package dev.gantry.controlplane.resource.ownership;

import static java.util.Objects.requireNonNull;

/**
 * Who writes: a field manager, in the words of Kubernetes.
 *
 * @param name such as {@code kubectl-edit}: what the client says of itself
 * @param operation how it writes
 * @param subresource through which it writes, such as {@code status}; empty for the object itself
 */
public record FieldOwner(String name, Operation operation, String subresource) {
    public static final int MAXIMUM_NAME = 128;

    public FieldOwner {
        requireNonNull(name, "name is null");
        requireNonNull(operation, "operation is null");
        requireNonNull(subresource, "subresource is null");
    }

    /** How a manager came by its fields. */
    public enum Operation {
        /** By a configuration that says all that it wants: what it no longer says goes. */
        APPLY("Apply"),
        /** By whatever else changes objects. */
        UPDATE("Update");

        private final String text;

        Operation(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    public FieldOwner with(Operation newOperation) {
        return new FieldOwner(name, newOperation, subresource);
    }
}
