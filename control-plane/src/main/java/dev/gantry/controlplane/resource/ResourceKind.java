package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A kind as data: all that the engine and the API know of it. Immutable.
 *
 * @param group the group under which objects are stored, empty for the core group
 * @param plural such as {@code pods}
 * @param singular such as {@code pod}
 * @param kind such as {@code Pod}
 * @param shortNames such as {@code po}
 * @param categories such as {@code all}
 * @param namespaced whether objects lie in namespaces
 * @param versions the served versions; the first one is stored
 * @param rules its admission
 * @param claims what its objects hold that must be unique
 * @param hasStatus whether the status is a subresource
 * @param scale where its replicas are; null when it has none
 * @param otherSubresources further ones that somebody serves, such as {@code log}
 * @param columns of its table, without the age
 * @param selectableFields for field selectors, with the field of the stored object; metadata's own are added
 */
public record ResourceKind(
        String group,
        String plural,
        String singular,
        String kind,
        List<String> shortNames,
        List<String> categories,
        boolean namespaced,
        List<ServedVersion> versions,
        KindRules rules,
        Claims claims,
        boolean hasStatus,
        @Nullable ScalePaths scale,
        Set<String> otherSubresources,
        List<Column> columns,
        Map<String, String> selectableFields) {
    public ResourceKind {
        requireNonNull(group, "group is null");
        requireNonNull(plural, "plural is null");
        requireNonNull(kind, "kind is null");
        shortNames = List.copyOf(shortNames);
        categories = List.copyOf(categories);
        versions = List.copyOf(versions);
        otherSubresources = Set.copyOf(otherSubresources);
        columns = List.copyOf(columns);
        selectableFields = Map.copyOf(selectableFields);
        if (versions.isEmpty()) {
            throw new IllegalArgumentException("a kind is served in at least one version: " + plural);
        }
    }

    public ServedVersion storedVersion() {
        return versions.getFirst();
    }

    /** Begins a kind of a group with what every kind needs. */
    public static Builder builder(String group, String plural, String kind) {
        return new Builder(group, plural, kind);
    }

    /** Where the replicas of a scalable kind are, as paths of field names with dots. */
    public record ScalePaths(String specReplicas, String statusReplicas, String selector) {
        public static final ScalePaths USUAL = new ScalePaths("spec.replicas", "status.replicas", "spec.selector");
    }

    /** Not safe for use by several threads. */
    public static final class Builder {
        private final String group;
        private final String plural;
        private final String kind;
        private final String singular;
        private List<String> shortNames = List.of();
        private List<String> categories = List.of();
        private boolean namespaced = true;
        private List<ServedVersion> versions = List.of();
        private KindRules rules = KindRules.NONE;
        private Claims claims = Claims.NONE;
        private boolean hasStatus;
        private @Nullable ScalePaths scale;
        private Set<String> otherSubresources = Set.of();
        private List<Column> columns = List.of(Column.ofName());
        private Map<String, String> selectableFields = Map.of();

        private Builder(String group, String plural, String kind) {
            this.group = group;
            this.plural = plural;
            this.kind = kind;
            this.singular = kind.toLowerCase(java.util.Locale.ROOT);
        }

        public Builder shortNames(String... names) {
            shortNames = List.of(names);
            return this;
        }

        public Builder categories(String... names) {
            categories = List.of(names);
            return this;
        }

        public Builder clusterScoped() {
            namespaced = false;
            return this;
        }

        /** The stored version first. */
        public Builder versions(ServedVersion... served) {
            versions = List.of(served);
            return this;
        }

        public Builder rules(KindRules newRules) {
            rules = newRules;
            return this;
        }

        public Builder claims(Claims newClaims) {
            claims = newClaims;
            return this;
        }

        public Builder status() {
            hasStatus = true;
            return this;
        }

        public Builder scale(ScalePaths paths) {
            scale = paths;
            return this;
        }

        public Builder otherSubresources(String... names) {
            otherSubresources = Set.of(names);
            return this;
        }

        public Builder columns(List<Column> newColumns) {
            columns = newColumns;
            return this;
        }

        public Builder selectableFields(Map<String, String> fields) {
            selectableFields = fields;
            return this;
        }

        public ResourceKind build() {
            return new ResourceKind(
                    group,
                    plural,
                    singular,
                    kind,
                    shortNames,
                    categories,
                    namespaced,
                    versions,
                    rules,
                    claims,
                    hasStatus,
                    scale,
                    otherSubresources,
                    columns,
                    selectableFields);
        }
    }
}
