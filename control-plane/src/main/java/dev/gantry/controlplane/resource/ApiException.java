package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** A request that the API refuses, as Kubernetes' Status object says it. */
public final class ApiException extends RuntimeException {
    private final int code;
    private final String reason;
    private final transient List<Cause> causes;

    /**
     * @param code the HTTP status
     * @param reason Kubernetes' CamelCase reason, such as {@code Invalid}
     * @param message one or more sentences for a person
     * @param causes all problems, each with its field
     */
    public ApiException(int code, String reason, String message, List<Cause> causes) {
        super(requireNonNull(message, "message is null"));
        this.code = code;
        this.reason = requireNonNull(reason, "reason is null");
        this.causes = List.copyOf(causes);
    }

    public ApiException(int code, String reason, String message) {
        this(code, reason, message, List.of());
    }

    public int code() {
        return code;
    }

    public String reason() {
        return reason;
    }

    public List<Cause> causes() {
        return causes;
    }

    /**
     * @param reason such as {@code FieldValueInvalid}
     * @param message what is wrong, what was expected
     * @param field the field's path, such as {@code spec.replicas}
     */
    public record Cause(String reason, String message, String field) {}
}
