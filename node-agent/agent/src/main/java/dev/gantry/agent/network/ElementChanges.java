package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.ElementKey.Table;
import dev.gantry.linux.nftables.NftablesTransaction;
import dev.gantry.linux.nftables.SetElement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The difference between what the kernel holds and what it shall hold, as two transactions.
 *
 * <p>The second one removes the slots that no chain draws any more. It must come later: a packet reads the number of slots from one map and its slot from
 * another, and between the two the first transaction may happen.
 */
final class ElementChanges {
    private final Map<Table, List<SetElement>> removed = new EnumMap<>(Table.class);
    private final Map<Table, List<SetElement>> added = new EnumMap<>(Table.class);
    private final Map<Table, List<SetElement>> retired = new EnumMap<>(Table.class);

    /** @param held what the kernel has under these keys @param wanted what it shall have; a key in neither is left alone */
    static ElementChanges between(Map<ElementKey, SetElement.Data> held, Map<ElementKey, SetElement.Data> wanted) {
        ElementChanges changes = new ElementChanges();
        held.forEach((key, data) -> {
            SetElement.Data next = wanted.get(key);
            if (next == null) {
                changes.put(key.map().secondary() ? changes.retired : changes.removed, key, data);
            } else if (!next.equals(data)) {
                changes.put(changes.removed, key, data);
                changes.put(changes.added, key, next);
            }
        });
        wanted.forEach((key, data) -> {
            if (!held.containsKey(key)) {
                changes.put(changes.added, key, data);
            }
        });
        return changes;
    }

    private void put(Map<Table, List<SetElement>> lists, ElementKey key, SetElement.Data data) {
        requireNonNull(data, "data is null");
        lists.computeIfAbsent(key.map(), _ -> new ArrayList<>()).add(key.element(data));
    }

    boolean isEmpty() {
        return removed.isEmpty() && added.isEmpty() && retired.isEmpty();
    }

    /** Elements added, replaced or removed. */
    int size() {
        return List.of(removed, added, retired).stream()
                .flatMap(lists -> lists.values().stream())
                .mapToInt(List::size)
                .sum();
    }

    NftablesTransaction first(String table) {
        NftablesTransaction transaction = new NftablesTransaction(table);
        removed.forEach((map, elements) -> transaction.remove(map.text(), elements));
        added.forEach((map, elements) -> transaction.add(map.text(), elements));
        return transaction;
    }

    NftablesTransaction second(String table) {
        NftablesTransaction transaction = new NftablesTransaction(table);
        retired.forEach((map, elements) -> transaction.remove(map.text(), elements));
        return transaction;
    }

    /** All that the kernel shall hold in these maps, whatever it holds now. */
    static NftablesTransaction whole(String table, List<Table> maps, Map<ElementKey, SetElement.Data> wanted) {
        ElementChanges all = between(Map.of(), wanted);
        NftablesTransaction transaction = new NftablesTransaction(table);
        for (Table map : maps) {
            transaction.flush(map.text()).add(map.text(), all.added.getOrDefault(map, List.of()));
        }
        return transaction;
    }
}
