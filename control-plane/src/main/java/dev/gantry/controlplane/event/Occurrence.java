package dev.gantry.controlplane.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.gantry.common.identity.Keys;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Something that happened to an object.
 *
 * @param message cut to Kubernetes' limit of 1,024 characters
 * @param component who tells it, as users see it under "From"
 * @param host the node that tells it; empty for the control plane
 * @param count how often it happened from {@code first} to {@code last}, at least 1
 */
public record Occurrence(
        ObjectReference regarding,
        Severity severity,
        String reason,
        String message,
        String component,
        String host,
        int count,
        Instant first,
        Instant last) {
    private static final int MAX_NAME = 253;
    private static final int MAX_MESSAGE = 1024;
    private static final int HASH_LENGTH = 16;

    public Occurrence {
        requireNonNull(regarding, "regarding is null");
        requireNonNull(severity, "severity is null");
        requireNonNull(reason, "reason is null");
        message = message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE - 1) + "…";
        requireNonNull(component, "component is null");
        requireNonNull(host, "host is null");
        requireNonNull(first, "first is null");
        requireNonNull(last, "last is null");
    }

    static ObjectReference reference(HasMetadata object) {
        return new ObjectReferenceBuilder()
                .withApiVersion(object.getApiVersion())
                .withKind(object.getKind())
                .withNamespace(object.getMetadata().getNamespace())
                .withName(object.getMetadata().getName())
                .withUid(object.getMetadata().getUid())
                .withResourceVersion(object.getMetadata().getResourceVersion())
                .build();
    }

    /** This one and an earlier one of the same name. */
    public Occurrence after(Occurrence earlier) {
        return new Occurrence(
                regarding, severity, reason, message, component, host, earlier.count + count, earlier.first, last);
    }

    String namespace() {
        return requireNonNullElse(regarding.getNamespace(), "default");
    }

    /** The name of the Event object: what says the same has the same name, whoever writes it. */
    public String name() {
        String identity = String.join(
                "\0",
                requireNonNullElse(regarding.getUid(), ""),
                requireNonNullElse(regarding.getFieldPath(), ""),
                severity.type(),
                component,
                host,
                reason,
                message);
        String suffix = "." + Keys.sha256(identity.getBytes(UTF_8)).substring(0, HASH_LENGTH);
        String name = regarding.getName();
        return name.substring(0, Math.min(name.length(), MAX_NAME - suffix.length())) + suffix;
    }

    Event toEvent() {
        return new EventBuilder()
                .withNewMetadata()
                .withName(name())
                .withNamespace(namespace())
                .endMetadata()
                .withInvolvedObject(regarding)
                .withType(severity.type())
                .withReason(reason)
                .withMessage(message)
                .withFirstTimestamp(time(first))
                .withLastTimestamp(time(last))
                .withCount(count)
                .withNewSource(component, host.isEmpty() ? null : host)
                .withReportingComponent(component)
                .withReportingInstance(host.isEmpty() ? component : host)
                .build();
    }

    /** Kubernetes' events have whole seconds. */
    static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
