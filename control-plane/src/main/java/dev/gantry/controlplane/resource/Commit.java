package dev.gantry.controlplane.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.ObjectStore;
import dev.gantry.controlplane.store.StoredObject;
import dev.gantry.controlplane.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Writes an object together with its claims, in one transaction. */
final class Commit {
    private final ObjectStore store;

    Commit(ObjectStore store) {
        this.store = store;
    }

    ObjectCache cache() {
        return store.cache();
    }

    StoredObject create(ResourceKind kind, ObjectKey key, ObjectNode tree, @Nullable Fence fence) {
        List<Write> writes = new ArrayList<>();
        writes.add(new Write.Create(key, Meta.uid(tree), bytes(tree)));
        kind.claims().of(tree).forEach(claim -> writes.add(hold(claim, tree)));
        return store.transact(writes, fence).getFirst();
    }

    StoredObject update(
            ResourceKind kind, StoredObject expected, ObjectNode old, ObjectNode updated, @Nullable Fence fence) {
        List<Write> writes = new ArrayList<>();
        writes.add(new Write.Update(expected.key(), expected, bytes(updated)));
        Set<ObjectKey> before = kind.claims().of(old);
        Set<ObjectKey> after = kind.claims().of(updated);
        after.stream().filter(claim -> !before.contains(claim)).forEach(claim -> writes.add(hold(claim, updated)));
        before.stream().filter(claim -> !after.contains(claim)).forEach(claim -> release(claim, writes));
        return store.transact(writes, fence).getFirst();
    }

    StoredObject delete(ResourceKind kind, StoredObject expected, ObjectNode tree, @Nullable Fence fence) {
        List<Write> writes = new ArrayList<>();
        writes.add(new Write.Delete(expected.key(), expected));
        kind.claims().of(tree).forEach(claim -> release(claim, writes));
        return store.transact(writes, fence).getFirst();
    }

    /** Many updates of objects without claims, all or none. */
    List<StoredObject> updateAll(List<Write> writes, @Nullable Fence fence) {
        return store.transact(writes, fence);
    }

    static byte[] bytes(ObjectNode tree) {
        Meta.of(tree).remove("resourceVersion");
        return Json.write(tree);
    }

    private static Write hold(ObjectKey claim, ObjectNode holder) {
        ObjectNode tree = Json.object();
        tree.put("apiVersion", claim.group() + "/v1").put("kind", "Claim");
        Meta.of(tree).put("name", claim.name());
        tree.putObject("holder")
                .put("uid", Meta.uid(holder))
                .put("namespace", Meta.namespace(holder))
                .put("name", Meta.name(holder));
        return new Write.Create(claim, UUID.randomUUID().toString(), Json.write(tree));
    }

    private void release(ObjectKey claim, List<Write> writes) {
        store.cache().get(claim).ifPresent(held -> writes.add(new Write.Delete(claim, held)));
    }
}
