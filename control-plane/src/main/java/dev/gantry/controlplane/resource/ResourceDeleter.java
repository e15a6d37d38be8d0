package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.controlplane.store.StoredObject;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Deletes objects: at once, or by marking them until grace and finalizers are over (Kubernetes, "Garbage Collection" and "Finalizers"). What a
 * finalizer asks for is done by controllers. Safe for use by many threads.
 */
public final class ResourceDeleter {
    private static final int ATTEMPTS = 10;

    private final Commit commit;
    private final InstantSource clock;

    ResourceDeleter(Commit commit, InstantSource clock) {
        this.commit = requireNonNull(commit, "commit is null");
        this.clock = requireNonNull(clock, "clock is null");
    }

    /**
     * @param uid the object meant; null for any
     * @param resourceVersion the version meant; null for any
     * @param graceSeconds null for the object's own
     * @param propagation Background, Foreground or Orphan; null for what the object's finalizers say, else Background
     */
    public record Request(
            @Nullable String uid,
            @Nullable String resourceVersion,
            @Nullable Long graceSeconds,
            @Nullable String propagation) {
        public static final Request PLAIN = new Request(null, null, null, null);

        public Request {
            if (propagation != null
                    && !List.of("Background", "Foreground", "Orphan").contains(propagation)) {
                throw ApiException.badRequest("propagationPolicy: \"%s\" is not one of Background, Foreground, Orphan"
                        .formatted(propagation));
            }
            if (graceSeconds != null && graceSeconds < 0) {
                throw ApiException.badRequest("gracePeriodSeconds: must not be negative: " + graceSeconds);
            }
        }
    }

    /**
     * @param gone whether the object is gone, or only marked
     * @param object its last state, in the served version
     */
    public record Outcome(boolean gone, ObjectNode object) {}

    /** @throws ApiException 404, or 409 when it is another object or version than was meant */
    public Outcome delete(
            ServedKind served, @Nullable String namespace, String name, Request request, WriteOptions options) {
        ObjectKey key = served.key(namespace, name);
        for (int attempt = 1; ; attempt++) {
            StoredObject current =
                    commit.cache().get(key).orElseThrow(() -> ApiException.notFound(served.subject(name)));
            checkPreconditions(served, current, request);
            try {
                return tryDelete(served, current, request, options);
            } catch (StoreException.NotFound e) {
                throw ApiException.notFound(served.subject(name));
            } catch (StoreException.Conflict e) {
                if (attempt == ATTEMPTS) {
                    throw ResourceWriter.conflict(served, name);
                }
            }
        }
    }

    private Outcome tryDelete(ServedKind served, StoredObject current, Request request, WriteOptions options) {
        ResourceKind kind = served.kind();
        ObjectNode old = Json.readObject(current.json());
        Problems problems = new Problems();
        kind.rules().validateDelete(old, problems);
        if (!problems.isEmpty()) {
            String name = current.key().name();
            throw new ApiException(
                    403,
                    "Forbidden",
                    "%s is forbidden: %s"
                            .formatted(
                                    served.subject(name),
                                    problems.causes().getFirst().message()),
                    problems.causes(),
                    served.subject(name));
        }
        ObjectNode marked = old.deepCopy();
        Meta.setFinalizers(marked, finalizers(old, request.propagation()));
        long grace = kind.rules().graceSeconds(old, request.graceSeconds());
        mark(kind, marked, grace);
        boolean gone = ResourceWriter.isFree(kind, marked);
        if (options.dryRun()) {
            return new Outcome(gone, served.view(gone ? old : marked, current.revision()));
        }
        if (gone) {
            StoredObject last = commit.delete(kind, current, old, options.fence());
            return new Outcome(true, served.view(old, last.revision()));
        }
        if (marked.equals(old)) {
            return new Outcome(false, served.view(current));
        }
        return new Outcome(false, served.view(commit.update(kind, current, old, marked, options.fence())));
    }

    /** The mark is set once; a later request may only shorten the grace. */
    private void mark(ResourceKind kind, ObjectNode object, long grace) {
        ObjectNode metadata = Meta.of(object);
        boolean marked = Meta.isDeleting(object);
        long current = metadata.path("deletionGracePeriodSeconds").asLong(0);
        if (marked && grace >= current) {
            return;
        }
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        metadata.put("deletionTimestamp", now.plusSeconds(grace).toString());
        metadata.put("deletionGracePeriodSeconds", grace);
        if (!marked) {
            if (kind.rules().hasGeneration()) {
                metadata.put("generation", metadata.path("generation").asLong() + 1);
            }
            kind.rules().markDeleted(object);
        }
    }

    private static List<String> finalizers(ObjectNode object, @Nullable String propagation) {
        List<String> finalizers = new ArrayList<>(Meta.finalizers(object));
        if (propagation != null) {
            finalizers.removeAll(List.of(Meta.ORPHAN, Meta.FOREGROUND));
            switch (propagation) {
                case "Orphan" -> finalizers.add(Meta.ORPHAN);
                case "Foreground" -> finalizers.add(Meta.FOREGROUND);
                default -> {
                    // Background: dependents are collected after the object has gone
                }
            }
        }
        return finalizers;
    }

    private static void checkPreconditions(ServedKind served, StoredObject current, Request request) {
        String name = current.key().name();
        if (request.uid() != null && !request.uid().equals(current.uid())) {
            throw precondition(served, name, "UID", request.uid(), current.uid());
        }
        if (request.resourceVersion() != null
                && ResourceReader.parseRevision(request.resourceVersion()) != current.revision()) {
            throw precondition(
                    served, name, "ResourceVersion", request.resourceVersion(), Long.toString(current.revision()));
        }
    }

    private static ApiException precondition(ServedKind served, String name, String what, String wanted, String found) {
        return new ApiException(
                409,
                "Conflict",
                "Operation cannot be fulfilled on %s: Precondition failed: %s in precondition: %s, %s in object meta: %s"
                        .formatted(served.subject(name), what, wanted, what, found),
                List.of(),
                served.subject(name));
    }
}
