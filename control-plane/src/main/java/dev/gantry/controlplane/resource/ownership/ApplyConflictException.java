package dev.gantry.controlplane.resource.ownership;

import java.util.List;

/** A configuration would change what others own. */
public final class ApplyConflictException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<Conflict> conflicts;

    ApplyConflictException(List<Conflict> conflicts) {
        super("others own what would change: " + conflicts);
        this.conflicts = List.copyOf(conflicts);
    }

    /** Not empty. */
    public List<Conflict> conflicts() {
        return conflicts;
    }

    /**
     * @param owner who owns the field
     * @param apiVersion in which the owner wrote it
     * @param field such as {@code .spec.replicas}
     */
    public record Conflict(FieldOwner owner, String apiVersion, String field) {}
}
