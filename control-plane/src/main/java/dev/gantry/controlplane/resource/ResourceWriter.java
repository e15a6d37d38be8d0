package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.schema.ModelSchema;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.controlplane.store.StoredObject;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Creates and updates objects: admission, then a compare-and-set. Safe for use by many threads. */
public final class ResourceWriter {
    /** Rounds against other writers before a request without a resourceVersion gives up. */
    static final int ATTEMPTS = 10;

    /** Without vowels, so that no words appear, and without letters and digits that look alike (as Kubernetes). */
    private static final String SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

    private static final int SUFFIX_LENGTH = 5;
    private static final int GENERATED_PREFIX = 63 - SUFFIX_LENGTH;

    private final Commit commit;
    private final NamespaceGuard namespaces;
    private final InstantSource clock;
    private final RandomGenerator random;

    ResourceWriter(Commit commit, InstantSource clock, RandomGenerator random) {
        this.commit = requireNonNull(commit, "commit is null");
        this.namespaces = new NamespaceGuard(commit.cache());
        this.clock = requireNonNull(clock, "clock is null");
        this.random = requireNonNull(random, "random is null");
    }

    /** What part of an object an update may change. */
    public enum Part {
        /** Everything but the status. */
        OBJECT,
        STATUS,
        /** What {@link PodBinding} changes: a pod's node and the condition that says so. */
        BINDING,
        /** The finalizers of a namespace's spec. */
        FINALIZE
    }

    /**
     * @param body of the served version; consumed
     * @return the object in the served version
     */
    public ObjectNode create(ServedKind served, @Nullable String namespace, ObjectNode body, WriteOptions options) {
        Admission.checkIdentity(served, body, namespace);
        Admission.checkShape(served, body, options);
        if (!Meta.text(body, "resourceVersion").isEmpty()) {
            throw ApiException.badRequest("resourceVersion should not be set on objects to be created");
        }
        ObjectNode template = served.stored(body);
        boolean generated = Meta.name(template).isEmpty()
                && !Meta.text(template, "generateName").isEmpty();
        for (int attempt = 1; ; attempt++) {
            ObjectNode object = template.deepCopy();
            try {
                return tryCreate(served, namespace, object, options, ownership(served, options));
            } catch (StoreException.AlreadyExists e) {
                ObjectKey key = served.key(namespace, Meta.name(object));
                boolean nameTaken = commit.cache().get(key).isPresent();
                // otherwise a claim collided: the next round sees it as taken
                if ((nameTaken && !generated) || attempt == ATTEMPTS) {
                    throw alreadyExists(served, key.name());
                }
            }
        }
    }

    private Ownership ownership(ServedKind served, WriteOptions options) {
        return Ownership.ofUpdate(served, options, clock.instant());
    }

    /** @param object of the stored version; consumed */
    ObjectNode tryCreate(
            ServedKind served,
            @Nullable String namespace,
            ObjectNode object,
            WriteOptions options,
            Ownership ownership) {
        ResourceKind kind = served.kind();
        initialize(kind, namespace, object);
        kind.rules().prepareCreate(object);
        kind.rules().applyDefaults(object);
        ObjectKey key = served.key(namespace, Meta.name(object));
        Problems claimed = new Problems();
        namespaces.admit(served, namespace, key.name());
        Optional<StoredObject> existing =
                key.name().isEmpty() ? Optional.empty() : commit.cache().get(key);
        if (existing.isEmpty()) {
            kind.claims().allocate(object, null, commit.cache(), claimed);
        }
        Admission.validateCreate(served, object, claimed, options);
        if (existing.isPresent()) {
            throw new StoreException.AlreadyExists(key);
        }
        Ownership.set(object, ownership.after(null, object, MissingNode.getInstance()));
        if (options.dryRun()) {
            ObjectNode view = served.view(object, 0);
            Meta.of(view).remove("resourceVersion");
            return view;
        }
        return served.view(commit.create(kind, key, object, options.fence()));
    }

    private void initialize(ResourceKind kind, @Nullable String namespace, ObjectNode object) {
        ObjectNode metadata = Meta.of(object);
        metadata.remove(List.of(
                "uid",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "generation",
                "selfLink",
                "managedFields",
                "resourceVersion"));
        if (namespace != null) {
            metadata.put("namespace", namespace);
        }
        String prefix = metadata.path("generateName").asText("");
        if (metadata.path("name").asText("").isEmpty() && !prefix.isEmpty()) {
            metadata.put("name", generate(prefix));
        }
        metadata.put("uid", UUID.randomUUID().toString());
        metadata.put(
                "creationTimestamp",
                clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
        if (kind.rules().hasGeneration()) {
            metadata.put("generation", 1);
        }
        if (kind.hasStatus()) {
            object.remove("status");
        }
    }

    private String generate(String prefix) {
        StringBuilder name = new StringBuilder(prefix.substring(0, Math.min(prefix.length(), GENERATED_PREFIX)));
        for (int i = 0; i < SUFFIX_LENGTH; i++) {
            name.append(SUFFIX_ALPHABET.charAt(random.nextInt(SUFFIX_ALPHABET.length())));
        }
        return name.toString();
    }

    /**
     * Changes an object by compare-and-set. When another writer comes in between, {@code change} is asked again about the newer version, unless what
     * it returned names the version that it was made for.
     *
     * @param change gets a fresh tree of the served version; may throw
     * @return the object in the served version
     */
    public ObjectNode update(
            ServedKind served,
            @Nullable String namespace,
            String name,
            Part part,
            UnaryOperator<ObjectNode> change,
            WriteOptions options) {
        ObjectKey key = served.key(namespace, name);
        for (int attempt = 1; ; attempt++) {
            StoredObject current =
                    commit.cache().get(key).orElseThrow(() -> ApiException.notFound(served.subject(name)));
            ObjectNode wanted = change.apply(served.view(current));
            String wantedVersion = Meta.text(wanted, "resourceVersion");
            boolean explicit = !wantedVersion.isEmpty() && !wantedVersion.equals(UNCONDITIONAL);
            try {
                return tryUpdate(served, namespace, current, part, wanted, options, ownership(served, options));
            } catch (StoreException.Conflict e) {
                if (explicit || attempt == ATTEMPTS) {
                    throw conflict(served, name);
                }
            } catch (StoreException.NotFound e) {
                throw ApiException.notFound(served.subject(name));
            } catch (StoreException.AlreadyExists e) {
                if (attempt == ATTEMPTS) {
                    throw conflict(served, name);
                }
            }
        }
    }

    /** A resourceVersion that asks for no comparison. */
    static final String UNCONDITIONAL = "0";

    /** @param wanted of the served version; consumed */
    ObjectNode tryUpdate(
            ServedKind served,
            @Nullable String namespace,
            StoredObject current,
            Part part,
            ObjectNode wanted,
            WriteOptions options,
            Ownership ownership) {
        Admission.checkIdentity(served, wanted, namespace);
        checkSameObject(served, current, wanted);
        Admission.checkShape(served, wanted, options);
        ObjectNode old = Json.readObject(current.json());
        JsonNode requestedOwners = wanted.path("metadata").path(Ownership.FIELD);
        ObjectNode updated = merge(served, old, served.stored(wanted), part, options);
        ResourceKind kind = served.kind();
        if (part == Part.OBJECT) {
            kind.rules().prepareUpdate(old, updated);
            kind.rules().applyDefaults(updated);
            Problems claimed = new Problems();
            kind.claims().allocate(updated, old, commit.cache(), claimed);
            Admission.validateUpdate(served, old, updated, claimed, options);
            if (kind.rules().hasGeneration() && !meansTheSame(kind, withoutMetadata(old), withoutMetadata(updated))) {
                Meta.of(updated)
                        .put("generation", Meta.of(old).path("generation").asLong() + 1);
            }
        }
        Ownership.set(updated, ownership.after(old, updated, requestedOwners));
        return write(served, current, old, updated, options);
    }

    private ObjectNode write(
            ServedKind served, StoredObject current, ObjectNode old, ObjectNode updated, WriteOptions options) {
        if (updated.equals(old)) {
            return served.view(current);
        }
        if (options.dryRun()) {
            return served.view(updated, current.revision());
        }
        if (isFree(served.kind(), updated)) {
            return served.view(
                    updated,
                    commit.delete(served.kind(), current, old, options.fence()).revision());
        }
        return served.view(commit.update(served.kind(), current, old, updated, options.fence()));
    }

    /** Whether nothing keeps an object that is marked as deleted any longer. */
    static boolean isFree(ResourceKind kind, ObjectNode object) {
        return Meta.isDeleting(object)
                && Meta.finalizers(object).isEmpty()
                && object.path("metadata").path("deletionGracePeriodSeconds").asLong(0) == 0
                && !kind.rules().isHeld(object);
    }

    private static void checkSameObject(ServedKind served, StoredObject current, ObjectNode wanted) {
        String name = current.key().name();
        if (!Meta.name(wanted).isEmpty() && !Meta.name(wanted).equals(name)) {
            throw ApiException.badRequest("the name of the object (%s) does not match the name on the URL (%s)"
                    .formatted(Meta.name(wanted), name));
        }
        String version = Meta.text(wanted, "resourceVersion");
        boolean otherVersion = !version.isEmpty()
                && !version.equals(UNCONDITIONAL)
                && ResourceReader.parseRevision(version) != current.revision();
        String uid = Meta.uid(wanted);
        if (otherVersion || (!uid.isEmpty() && !uid.equals(current.uid()))) {
            throw conflict(served, name);
        }
    }

    /** What the client may change comes from {@code wanted}, everything else from {@code old}. */
    private static ObjectNode merge(
            ServedKind served, ObjectNode old, ObjectNode wanted, Part part, WriteOptions options) {
        ObjectNode result;
        switch (part) {
            case OBJECT -> {
                result = wanted;
                if (served.kind().hasStatus()) {
                    copyField(old, result, "status");
                }
                if (!options.isInternal()
                        && old.path("spec").has("finalizers")
                        && result.get("spec") instanceof ObjectNode) {
                    copyField((ObjectNode) old.get("spec"), (ObjectNode) result.get("spec"), "finalizers");
                }
            }
            case STATUS -> {
                result = old.deepCopy();
                copyField(wanted, result, "status");
            }
            case BINDING -> result = wanted;
            case FINALIZE -> {
                result = old.deepCopy();
                ObjectNode spec = result.get("spec") instanceof ObjectNode object ? object : result.putObject("spec");
                spec.set("finalizers", wanted.path("spec").withArray("finalizers"));
            }
            default -> throw new IllegalArgumentException("unknown part " + part);
        }
        ObjectNode metadata = Meta.of(result);
        JsonNode oldMetadata = old.path("metadata");
        for (String field : List.of(
                "name",
                "namespace",
                "uid",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "generation",
                "generateName")) {
            Meta.copy(metadata, field, oldMetadata.get(field));
        }
        metadata.remove(List.of("resourceVersion", "managedFields", "selfLink"));
        return result;
    }

    private static void copyField(ObjectNode from, ObjectNode to, String field) {
        JsonNode value = from.get(field);
        if (value == null) {
            to.remove(field);
        } else {
            to.set(field, value.deepCopy());
        }
    }

    private static ObjectNode withoutMetadata(ObjectNode object) {
        ObjectNode rest = object.deepCopy();
        rest.remove(List.of("metadata", "status", "apiVersion"));
        return rest;
    }

    private static boolean meansTheSame(ResourceKind kind, ObjectNode one, ObjectNode other) {
        ModelSchema schema = kind.storedVersion().schema();
        return one.equals(other) || (schema != null && schema.meaning(one).equals(schema.meaning(other)));
    }

    static ApiException conflict(ServedKind served, String name) {
        return new ApiException(
                409,
                "Conflict",
                "Operation cannot be fulfilled on %s: the object has been modified; please apply your changes to the latest version and try again"
                        .formatted(served.subject(name)),
                List.of(),
                served.subject(name));
    }

    private static ApiException alreadyExists(ServedKind served, String name) {
        return new ApiException(
                409, "AlreadyExists", served.subject(name) + " already exists", List.of(), served.subject(name));
    }
}
