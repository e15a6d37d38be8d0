package dev.gantry.controlplane.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** A whole tree as read, with what was told while it was read, made one: the latest known of each object. */
final class TreeComparison {
    private final Map<ObjectKey, Change> latest;
    private final Set<ObjectKey> present;

    private TreeComparison(Map<ObjectKey, Change> latest, Set<ObjectKey> present) {
        this.latest = latest;
        this.present = present;
    }

    static TreeComparison of(TreeReader.Tree tree, Collection<Change> meanwhile) {
        Map<ObjectKey, Change> latest = HashMap.newHashMap(tree.changes().size());
        tree.changes().forEach(change -> latest.put(change.key(), change));
        for (Change change : meanwhile) {
            latest.merge(change.key(), change, (old, now) -> now.revision() >= old.revision() ? now : old);
        }
        return new TreeComparison(latest, tree.present());
    }

    /** In revision order; what is published already is passed over by who publishes. */
    List<Change> changes() {
        List<Change> changes = new ArrayList<>(latest.values());
        changes.sort(Comparator.comparingLong(Change::revision));
        return changes;
    }

    List<ObjectVersion> live() {
        return latest.values().stream()
                .map(Change::now)
                .filter(Objects::nonNull)
                .toList();
    }

    long liveCount() {
        return latest.values().stream().filter(change -> change.now() != null).count();
    }

    /** Objects that were live and have left not even a tombstone: when they were deleted is not known. */
    long lostDeletions(PublishedObjects published) {
        return published.all().stream()
                .map(ObjectVersion::key)
                .filter(key -> !latest.containsKey(key) && !present.contains(key))
                .count();
    }
}
