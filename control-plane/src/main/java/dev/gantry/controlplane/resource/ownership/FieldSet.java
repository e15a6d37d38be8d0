package dev.gantry.controlplane.resource.ownership;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A set of fields, as a tree of path elements. Each element is written as in {@code FieldsV1}: {@code f:name} is a field or a map's key, <code>
 * k:{"name":"a"}</code> an element of a list by its keys, {@code v:"x"} a value of a set. A field may be in the set without those beneath it, and the
 * reverse. Filled by one thread, and not changed once it has been handed on.
 */
final class FieldSet {
    private static final String SELF = ".";

    private boolean member;
    private final SortedMap<String, FieldSet> children = new TreeMap<>();

    /** Whether the field at this place is in the set itself. */
    boolean isMember() {
        return member;
    }

    void addSelf() {
        member = true;
    }

    SortedMap<String, FieldSet> children() {
        return children;
    }

    /** The part beneath an element, made when missing. */
    FieldSet child(String element) {
        return children.computeIfAbsent(element, key -> new FieldSet());
    }

    boolean isEmpty() {
        return !member && children.values().stream().allMatch(FieldSet::isEmpty);
    }

    static FieldSet union(FieldSet one, FieldSet other) {
        FieldSet result = new FieldSet();
        result.addAll(one);
        result.addAll(other);
        return result;
    }

    void addAll(FieldSet other) {
        member |= other.member;
        other.children.forEach((element, beneath) -> child(element).addAll(beneath));
    }

    /** What is in this set and not in {@code other}. */
    FieldSet minus(@Nullable FieldSet other) {
        FieldSet result = new FieldSet();
        result.member = member && (other == null || !other.member);
        children.forEach((element, beneath) -> {
            FieldSet rest = beneath.minus(other == null ? null : other.children.get(element));
            if (!rest.isEmpty()) {
                result.children.put(element, rest);
            }
        });
        return result;
    }

    FieldSet intersection(FieldSet other) {
        FieldSet result = new FieldSet();
        result.member = member && other.member;
        children.forEach((element, beneath) -> {
            FieldSet match = other.children.get(element);
            if (match != null) {
                FieldSet both = beneath.intersection(match);
                if (!both.isEmpty()) {
                    result.children.put(element, both);
                }
            }
        });
        return result;
    }

    /** The fields as people write them, such as {@code .spec.containers[name="main"].image}. */
    List<String> paths() {
        List<String> paths = new ArrayList<>();
        addPaths("", paths);
        return paths;
    }

    private void addPaths(String path, List<String> paths) {
        if (member) {
            paths.add(path);
        }
        children.forEach((element, beneath) -> beneath.addPaths(path + PathElements.readable(element), paths));
    }

    /** As {@code FieldsV1}. */
    ObjectNode toTree() {
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        if (member && !children.isEmpty()) {
            tree.putObject(SELF);
        }
        children.forEach((element, beneath) -> tree.set(element, beneath.toTree()));
        return tree;
    }

    /** @throws IllegalArgumentException when it is no {@code FieldsV1} */
    static FieldSet parse(JsonNode tree) {
        FieldSet set = read(tree);
        set.member = false; // the object itself is nobody's
        return set;
    }

    private static FieldSet read(JsonNode tree) {
        if (!tree.isObject()) {
            throw new IllegalArgumentException("a set of fields is an object, not " + tree.getNodeType());
        }
        FieldSet set = new FieldSet();
        // no more elements: the field itself
        set.member = tree.isEmpty() || tree.has(SELF);
        for (Map.Entry<String, JsonNode> entry : tree.properties()) {
            if (!entry.getKey().equals(SELF)) {
                PathElements.check(entry.getKey());
                set.children.put(entry.getKey(), read(entry.getValue()));
            }
        }
        return set;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FieldSet set && set.member == member && set.children.equals(children);
    }

    @Override
    public int hashCode() {
        return children.hashCode() + (member ? 1 : 0);
    }

    @Override
    public String toString() {
        return paths().toString();
    }
}
