package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ResourceWriter.Part;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.controlplane.store.StoredObject;
import dev.gantry.controlplane.store.Write;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The cluster's objects as model classes, over the engine. */
public final class TypedObjects implements ClusterObjects {
    /** Writes in one transaction: few enough that one conflict costs little, and far below the store's limit of bytes. */
    private static final int BATCH = 50;

    private final ResourceEngine engine;

    public TypedObjects(ResourceEngine engine) {
        this.engine = requireNonNull(engine, "engine is null");
    }

    @Override
    public <T extends HasMetadata> Optional<T> get(TypedResource<T> resource, @Nullable String namespace, String name) {
        ServedKind served = served(resource);
        return engine.cache().get(served.key(namespace, name)).map(stored -> typed(resource, served.view(stored)));
    }

    @Override
    public <T extends HasMetadata> List<T> list(TypedResource<T> resource, @Nullable String namespace) {
        ServedKind served = served(resource);
        return engine.cache().list(served.kind().group(), served.kind().plural(), namespace).objects().stream()
                .map(stored -> typed(resource, served.view(stored)))
                .toList();
    }

    @Override
    public <T extends HasMetadata> T create(TypedResource<T> resource, T object, @Nullable Fence fence) {
        ObjectNode tree = tree(object);
        Meta.of(tree).remove("resourceVersion");
        @Nullable String namespace = namespace(object);
        return typed(resource, engine.writer().create(served(resource), namespace, tree, WriteOptions.trusted(fence)));
    }

    @Override
    public <T extends HasMetadata> T update(TypedResource<T> resource, T object, @Nullable Fence fence) {
        return update(resource, object, Part.OBJECT, fence);
    }

    @Override
    public <T extends HasMetadata> T updateStatus(TypedResource<T> resource, T object, @Nullable Fence fence) {
        return update(resource, object, Part.STATUS, fence);
    }

    private <T extends HasMetadata> T update(TypedResource<T> resource, T object, Part part, @Nullable Fence fence) {
        String name = object.getMetadata().getName();
        ObjectNode updated = engine.writer()
                .update(
                        served(resource),
                        namespace(object),
                        name,
                        part,
                        current -> written(resource, current, object),
                        WriteOptions.trusted(fence));
        return typed(resource, updated);
    }

    @Override
    public <T extends HasMetadata> List<T> updateStatuses(
            TypedResource<T> resource, List<T> objects, @Nullable Fence fence) {
        ServedKind served = served(resource);
        List<Write> writes = new ArrayList<>();
        List<T> answers = new ArrayList<>();
        for (T object : objects) {
            Optional<StoredObject> current = engine.cache()
                    .get(served.key(namespace(object), object.getMetadata().getName()))
                    .filter(stored -> isVersion(stored, object));
            if (current.isEmpty()) {
                continue;
            }
            ObjectNode tree = Json.readObject(current.get().json());
            ObjectNode status = served.stored(tree(object));
            ObjectNode changed = tree.deepCopy();
            if (status.has("status")) {
                changed.set("status", status.get("status"));
            } else {
                changed.remove("status");
            }
            if (changed.equals(tree)) {
                answers.add(typed(resource, served.view(current.get())));
            } else {
                writes.add(new Write.Update(current.get().key(), current.get(), Commit.bytes(changed)));
            }
        }
        for (StoredObject written : writeBatches(writes, fence)) {
            answers.add(typed(resource, served.view(written)));
        }
        return answers;
    }

    private static boolean isVersion(StoredObject stored, HasMetadata object) {
        String version = object.getMetadata().getResourceVersion();
        String uid = object.getMetadata().getUid();
        return (version == null || version.equals(Long.toString(stored.revision())))
                && (uid == null || uid.equals(stored.uid()));
    }

    @Override
    public List<Binding> bind(List<Binding> bindings, @Nullable Fence fence) {
        ServedKind pods = served(Resources.PODS);
        Map<String, Binding> byUid = new HashMap<>();
        List<Write> writes = new ArrayList<>();
        for (Binding binding : bindings) {
            engine.cache()
                    .get(pods.key(binding.namespace(), binding.podName()))
                    .filter(stored -> stored.uid().equals(binding.podUid()))
                    .ifPresent(stored -> PodBinding.bound(
                                    Json.readObject(stored.json()), binding.nodeName(), engine.now())
                            .ifPresent(tree -> {
                                writes.add(new Write.Update(stored.key(), stored, Commit.bytes(tree)));
                                byUid.put(stored.uid(), binding);
                            }));
        }
        return writeBatches(writes, fence).stream()
                .map(stored -> requireNonNull(byUid.get(stored.uid())))
                .toList();
    }

    private List<StoredObject> writeBatches(List<Write> writes, @Nullable Fence fence) {
        List<StoredObject> written = new ArrayList<>();
        for (int from = 0; from < writes.size(); from += BATCH) {
            writeBatch(writes.subList(from, Math.min(writes.size(), from + BATCH)), fence, written);
        }
        return written;
    }

    /** One stale write fails its whole transaction: halving finds it in few steps, and the others are written. */
    private void writeBatch(List<Write> batch, @Nullable Fence fence, List<StoredObject> written) {
        try {
            written.addAll(engine.commit().updateAll(batch, fence));
        } catch (StoreException.Conflict | StoreException.NotFound | StoreException.TooLarge e) {
            if (batch.size() > 1) {
                int middle = batch.size() / 2;
                writeBatch(batch.subList(0, middle), fence, written);
                writeBatch(batch.subList(middle, batch.size()), fence, written);
            }
        }
    }

    @Override
    public <T extends HasMetadata> void delete(
            TypedResource<T> resource,
            @Nullable String namespace,
            String name,
            DeleteOptions options,
            @Nullable Fence fence) {
        ResourceDeleter.Request request =
                new ResourceDeleter.Request(options.uid(), null, options.graceSeconds(), options.propagation());
        engine.deleter().delete(served(resource), namespace, name, request, WriteOptions.trusted(fence));
    }

    @Override
    public long revision() {
        return engine.cache().revision();
    }

    @Override
    public <T extends HasMetadata> AutoCloseable watch(TypedResource<T> resource, ChangeListener<T> listener) {
        ServedKind served = served(resource);
        Function<StoredObject, T> decode = stored -> typed(resource, served.view(stored));
        ObjectCache cache = engine.cache();
        TypedWatch<T> watch = new TypedWatch<>(
                () -> cache.list(served.kind().group(), served.kind().plural(), null),
                (revision, events) ->
                        cache.subscribe(served.kind().group(), served.kind().plural(), null, revision, events),
                decode,
                listener);
        watch.start();
        return watch;
    }

    private <T extends HasMetadata> ServedKind served(TypedResource<T> resource) {
        return engine.kinds()
                .find(resource.group(), resource.version(), resource.plural())
                .orElseThrow(() -> new ApiException(404, "NotFound", "%s is not served".formatted(resource)));
    }

    private static @Nullable String namespace(HasMetadata object) {
        String namespace = object.getMetadata().getNamespace();
        return namespace == null || namespace.isEmpty() ? null : namespace;
    }

    /** The current object with what is different in {@code object}. */
    private static <T extends HasMetadata> ObjectNode written(TypedResource<T> resource, ObjectNode current, T object) {
        return StoredForm.keep(current, tree(typed(resource, current)), tree(object));
    }

    private static ObjectNode tree(HasMetadata object) {
        return Json.MAPPER.valueToTree(object);
    }

    private static <T extends HasMetadata> T typed(TypedResource<T> resource, ObjectNode tree) {
        try {
            return Json.MAPPER.treeToValue(tree, resource.type());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "a stored %s does not fit its model class: %s".formatted(resource.plural(), Meta.name(tree)), e);
        }
    }
}
