package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ResourceWriter.Part;
import dev.gantry.controlplane.resource.ownership.ApplyConflictException;
import dev.gantry.controlplane.resource.ownership.FieldOwner;
import dev.gantry.controlplane.resource.ownership.ManagedFields;
import dev.gantry.controlplane.resource.ownership.ServerSideApply;
import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.controlplane.store.StoredObject;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Server-side apply over the store. Safe for use by many threads. */
public final class ResourceApplier {
    private final ObjectCache cache;
    private final ResourceWriter writer;
    private final InstantSource clock;

    ResourceApplier(ObjectCache cache, ResourceWriter writer, InstantSource clock) {
        this.cache = requireNonNull(cache, "cache is null");
        this.writer = requireNonNull(writer, "writer is null");
        this.clock = requireNonNull(clock, "clock is null");
    }

    /**
     * @param created whether there was no such object before
     * @param object in the served version
     */
    public record Outcome(boolean created, ObjectNode object) {}

    /**
     * Applies a configuration of an object, or of its status; creates the object when there is none.
     *
     * @param config of the served version; consumed
     * @param manager who applies
     * @param force whether fields of others may be taken
     * @throws ApiException 409 naming the fields and their owners
     */
    public Outcome apply(
            ServedKind served,
            @Nullable String namespace,
            String name,
            Part part,
            ObjectNode config,
            FieldOwner manager,
            boolean force,
            WriteOptions options) {
        requireIdentity(config);
        Admission.checkIdentity(served, config, namespace);
        Admission.checkShape(served, config, options);
        boolean isVersioned = !Meta.text(config, "resourceVersion").isEmpty();
        restrict(served, part, name, config);
        for (int attempt = 1; ; attempt++) {
            Optional<StoredObject> current = cache.get(served.key(namespace, name));
            try {
                if (current.isPresent()) {
                    return new Outcome(
                            false, update(served, namespace, current.get(), part, config, manager, force, options));
                }
                if (part != Part.OBJECT || !Meta.uid(config).isEmpty() || isVersioned) {
                    throw ApiException.notFound(served.subject(name));
                }
                return new Outcome(true, create(served, namespace, config, manager, force, options));
            } catch (StoreException.Conflict | StoreException.AlreadyExists e) {
                if (isVersioned || attempt == ResourceWriter.ATTEMPTS) {
                    throw ResourceWriter.conflict(served, name);
                }
            } catch (StoreException.NotFound e) {
                if (attempt == ResourceWriter.ATTEMPTS) {
                    throw ApiException.notFound(served.subject(name));
                }
            } catch (ApplyConflictException e) {
                throw refusal(served, name, e.conflicts());
            }
        }
    }

    private static void requireIdentity(ObjectNode config) {
        for (String field : List.of("apiVersion", "kind")) {
            if (!config.path(field).isTextual()) {
                throw ApiException.badRequest(
                        "%s: an applied configuration says what it is, but has none".formatted(field));
            }
        }
    }

    /** The object's name is the path's; the status is applied through its own path. */
    private static void restrict(ServedKind served, Part part, String name, ObjectNode config) {
        if (config.path("metadata").has(Ownership.FIELD)
                && !config.path("metadata").path(Ownership.FIELD).isEmpty()) {
            throw ApiException.badRequest("metadata.managedFields must be nil");
        }
        if (Meta.name(config).isEmpty()) {
            Meta.of(config).put("name", name);
        } else if (!Meta.name(config).equals(name)) {
            throw ApiException.badRequest("the name of the object (%s) does not match the name on the URL (%s)"
                    .formatted(Meta.name(config), name));
        }
        if (part == Part.STATUS) {
            config.retain("apiVersion", "kind", "metadata", "status");
            Meta.of(config).retain("name", "namespace", "uid", "resourceVersion");
        } else if (served.kind().hasStatus()) {
            config.remove("status");
        }
    }

    private ObjectNode create(
            ServedKind served,
            @Nullable String namespace,
            ObjectNode config,
            FieldOwner manager,
            boolean force,
            WriteOptions options)
            throws ApplyConflictException {
        ServerSideApply.Applied applied = applied(served, null, config, manager, force);
        return writer.tryCreate(
                served,
                namespace,
                served.stored(applied.object()),
                options,
                (old, updated, requested) -> applied.managers());
    }

    private ObjectNode update(
            ServedKind served,
            @Nullable String namespace,
            StoredObject current,
            Part part,
            ObjectNode config,
            FieldOwner manager,
            boolean force,
            WriteOptions options)
            throws ApplyConflictException {
        ObjectNode live = served.view(current);
        if (Meta.text(config, "resourceVersion").isEmpty()) {
            Meta.of(live).remove("resourceVersion");
        }
        ServerSideApply.Applied applied = applied(served, live, config, manager, force);
        return writer.tryUpdate(
                served,
                namespace,
                current,
                part,
                applied.object(),
                options,
                (old, updated, requested) -> applied.managers());
    }

    private ServerSideApply.Applied applied(
            ServedKind served, @Nullable ObjectNode live, ObjectNode config, FieldOwner manager, boolean force)
            throws ApplyConflictException {
        return ServerSideApply.apply(
                Ownership.type(served.version().schema()),
                live,
                config,
                live == null ? ManagedFields.NONE : Ownership.of(live),
                manager.with(FieldOwner.Operation.APPLY),
                served.version().apiVersion(),
                force,
                clock.instant());
    }

    private static ApiException refusal(
            ServedKind served, String name, List<ApplyConflictException.Conflict> conflicts) {
        List<ApiException.Cause> causes = conflicts.stream()
                .map(conflict -> new ApiException.Cause(
                        "FieldManagerConflict", "conflict with " + owner(conflict), conflict.field()))
                .toList();
        String all = conflicts.stream()
                .collect(Collectors.groupingBy(
                        ResourceApplier::owner,
                        java.util.TreeMap::new,
                        Collectors.mapping(ApplyConflictException.Conflict::field, Collectors.toList())))
                .entrySet()
                .stream()
                .map(owner -> owner.getValue().size() == 1
                        ? "conflict with %s: %s"
                                .formatted(owner.getKey(), owner.getValue().getFirst())
                        : "conflicts with %s:\n- %s".formatted(owner.getKey(), String.join("\n- ", owner.getValue())))
                .collect(Collectors.joining("\n"));
        return new ApiException(
                409,
                "Conflict",
                "Apply failed with %d conflict%s: %s"
                        .formatted(conflicts.size(), conflicts.size() == 1 ? "" : "s", all),
                causes,
                served.subject(name));
    }

    private static String owner(ApplyConflictException.Conflict conflict) {
        FieldOwner owner = conflict.owner();
        return "\"%s\"%s using %s"
                .formatted(
                        owner.name(),
                        owner.subresource().isEmpty() ? "" : " with subresource \"%s\"".formatted(owner.subresource()),
                        conflict.apiVersion());
    }
}
