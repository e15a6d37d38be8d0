package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The kinds that are served now. Kinds come and go while serving; readers see one state or the next, never a part. */
public final class KindTable {
    private volatile Map<String, ServedKind> served = Map.of();
    private volatile Map<String, ResourceKind> kinds = Map.of();
    private volatile long revision;

    /** @throws IllegalArgumentException when a version of the kind is served already */
    public synchronized void add(ResourceKind kind) {
        requireNonNull(kind, "kind is null");
        Map<String, ServedKind> next = new LinkedHashMap<>(served);
        for (ServedVersion version : kind.versions()) {
            String name = path(version.group(), version.version(), kind.plural());
            if (next.putIfAbsent(name, new ServedKind(kind, version)) != null) {
                throw new IllegalArgumentException("%s is served already".formatted(name));
            }
        }
        Map<String, ResourceKind> nextKinds = new LinkedHashMap<>(kinds);
        nextKinds.put(stored(kind.group(), kind.plural()), kind);
        kinds = nextKinds;
        served = next;
        revision++;
    }

    /** Its objects stay in the store. Idempotent. */
    public synchronized void remove(String group, String plural) {
        Map<String, ServedKind> next = new LinkedHashMap<>(served);
        next.values()
                .removeIf(each -> each.kind().group().equals(group)
                        && each.kind().plural().equals(plural));
        Map<String, ResourceKind> nextKinds = new LinkedHashMap<>(kinds);
        nextKinds.remove(stored(group, plural));
        served = next;
        kinds = nextKinds;
        revision++;
    }

    public Optional<ServedKind> find(String group, String version, String plural) {
        return Optional.ofNullable(served.get(path(group, version, plural)));
    }

    /** The kind in its stored version. */
    public Optional<ServedKind> findStored(String group, String plural) {
        return Optional.ofNullable(kinds.get(stored(group, plural)))
                .map(kind -> new ServedKind(kind, kind.storedVersion()));
    }

    /** Another number whenever what is served has changed. */
    public long revision() {
        return revision;
    }

    boolean serves(ServedKind kind) {
        return find(
                        kind.version().group(),
                        kind.version().version(),
                        kind.kind().plural())
                .filter(kind::equals)
                .isPresent();
    }

    public Collection<ServedKind> all() {
        return served.values();
    }

    /** Versions by group, in order of registration. */
    public Map<String, List<String>> groups() {
        Map<String, List<String>> groups = new LinkedHashMap<>();
        for (ServedKind kind : served.values()) {
            List<String> versions = groups.computeIfAbsent(kind.version().group(), group -> new ArrayList<>());
            if (!versions.contains(kind.version().version())) {
                versions.add(kind.version().version());
            }
        }
        return groups;
    }

    private static String path(String group, String version, String plural) {
        return group + "/" + version + "/" + plural;
    }

    private static String stored(String group, String plural) {
        return group + "/" + plural;
    }
}
