package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request that the API refuses, as Kubernetes' Status object says it. */
public final class ApiException extends RuntimeException {
    private final int code;
    private final String reason;
    private final transient List<Cause> causes;
    private final transient @Nullable Subject subject;

    /**
     * @param code the HTTP status
     * @param reason Kubernetes' CamelCase reason, such as {@code Invalid}
     * @param message one or more sentences for a person
     * @param causes all problems, each with its field
     */
    public ApiException(int code, String reason, String message, List<Cause> causes) {
        this(code, reason, message, causes, null);
    }

    /** @param subject the object meant; null for none */
    public ApiException(int code, String reason, String message, List<Cause> causes, @Nullable Subject subject) {
        super(requireNonNull(message, "message is null"));
        this.code = code;
        this.reason = requireNonNull(reason, "reason is null");
        this.causes = List.copyOf(causes);
        this.subject = subject;
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

    /** The object meant; null for none. */
    public @Nullable Subject subject() {
        return subject;
    }

    /** This refusal, said of an object. */
    public ApiException about(Subject newSubject) {
        return new ApiException(code, reason, requireNonNull(getMessage()), causes, newSubject);
    }

    public static ApiException badRequest(String message) {
        return new ApiException(400, "BadRequest", message);
    }

    public static ApiException notFound(Subject subject) {
        return new ApiException(404, "NotFound", subject + " not found", List.of(), subject);
    }

    /** @param causes all problems; not empty */
    public static ApiException invalid(Subject subject, String kind, List<Cause> causes) {
        String all = causes.stream()
                .map(cause -> cause.field().isEmpty() ? cause.message() : cause.field() + ": " + cause.message())
                .reduce((one, next) -> one + ", " + next)
                .orElse("");
        String message =
                "%s \"%s\" is invalid: %s".formatted(kind, subject.name(), causes.size() > 1 ? "[" + all + "]" : all);
        return new ApiException(422, "Invalid", message, causes, subject);
    }

    /**
     * @param group the API group, empty for the core group
     * @param resource the plural resource name
     * @param name the object's name
     */
    public record Subject(String group, String resource, String name) {
        @Override
        public String toString() {
            return "%s%s \"%s\"".formatted(resource, group.isEmpty() ? "" : "." + group, name);
        }
    }

    /**
     * @param reason such as {@code FieldValueInvalid}
     * @param message what is wrong, what was expected
     * @param field the field's path, such as {@code spec.replicas}
     */
    public record Cause(String reason, String message, String field) {}
}
