package dev.gantry.controlplane.controller.runtime;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.event.Severity;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.controlplane.resource.TypedResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One write that a planner wants. */
public sealed interface Action {
    /**
     * @param owner told by a FailedCreate event when the creation is refused; null for nobody
     */
    record Create<T extends HasMetadata>(
            TypedResource<T> resource, T object, @Nullable HasMetadata owner) implements Action {}

    /** Compare-and-set of everything but the status. */
    record Update<T extends HasMetadata>(TypedResource<T> resource, T object) implements Action {}

    /** Compare-and-set of the status; all statuses of one action in few transactions. */
    record UpdateStatus<T extends HasMetadata>(TypedResource<T> resource, List<T> objects) implements Action {
        public UpdateStatus {
            objects = List.copyOf(objects);
        }

        public static <T extends HasMetadata> UpdateStatus<T> of(TypedResource<T> resource, T object) {
            return new UpdateStatus<>(resource, List.of(object));
        }
    }

    record Delete<T extends HasMetadata>(TypedResource<T> resource, ObjectName object, DeleteOptions options)
            implements Action {
        /** With the kind's own grace and propagation. */
        public static <T extends HasMetadata> Delete<T> of(TypedResource<T> resource, T object) {
            return new Delete<>(
                    resource,
                    ObjectName.of(object),
                    DeleteOptions.of(object.getMetadata().getUid()));
        }
    }

    /** Tells users what happened; never fails a plan. */
    record Report(HasMetadata regarding, Severity severity, String reason, String message) implements Action {
        public Report {
            requireNonNull(regarding, "regarding is null");
            requireNonNull(severity, "severity is null");
            requireNonNull(reason, "reason is null");
            requireNonNull(message, "message is null");
        }
    }
}
