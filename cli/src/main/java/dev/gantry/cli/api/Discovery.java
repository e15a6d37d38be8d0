package dev.gantry.cli.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Failure;
import dev.gantry.common.spelling.Spelling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the server serves, asked for at first need. Well-known resources of short verbs are known beforehand, to save the round trips. */
public final class Discovery {
    private static final List<Entry> WELL_KNOWN = List.of(
            known("", "v1", "pods", "Pod", true, "po"),
            known("", "v1", "services", "Service", true, "svc"),
            known("", "v1", "nodes", "Node", false, "no"),
            known("", "v1", "namespaces", "Namespace", false, "ns"),
            known("", "v1", "configmaps", "ConfigMap", true, "cm"),
            known("", "v1", "secrets", "Secret", true),
            known("", "v1", "events", "Event", true, "ev"),
            known("apps", "v1", "deployments", "Deployment", true, "deploy"),
            known("apps", "v1", "replicasets", "ReplicaSet", true, "rs"),
            known("gantry.dev", "v1", "images", "Image", false));

    private final ApiClient client;
    private final Map<String, List<Entry>> groups = new HashMap<>();
    private @Nullable List<Entry> all;

    public Discovery(ApiClient client) {
        this.client = client;
    }

    /** By what a person types: {@code po}, {@code pod}, {@code pods}, {@code deployments.apps}. */
    public Resource byName(String typed) {
        String name = typed.toLowerCase(Locale.ROOT);
        return match(WELL_KNOWN, name)
                .or(() -> match(all(), name))
                .orElseThrow(
                        () -> new Failure("the server has no resource type \"%s\"%s".formatted(typed, nearest(name))));
    }

    /** Resources that {@code get all} shows. */
    public List<Resource> category(String category) {
        return all().stream()
                .filter(e -> e.categories.contains(category))
                .map(Entry::resource)
                .toList();
    }

    /** By a manifest's apiVersion and kind; empty when the server does not serve it. */
    public Optional<Resource> byKind(String apiVersion, String kind) {
        return entries(apiVersion).stream()
                .filter(e -> e.resource.kind().equals(kind))
                .map(Entry::resource)
                .findFirst();
    }

    /** The kinds served under an apiVersion, for suggestions. */
    public List<String> kinds(String apiVersion) {
        return entries(apiVersion).stream().map(e -> e.resource.kind()).toList();
    }

    /** All apiVersions that are served, the core one first. */
    public List<String> apiVersions() {
        List<String> versions = new ArrayList<>(List.of("v1"));
        for (JsonNode group : client.get("/apis").path("groups")) {
            group.path("versions")
                    .forEach(
                            version -> versions.add(version.path("groupVersion").asText()));
        }
        return versions;
    }

    private static Optional<Resource> match(List<Entry> entries, String name) {
        return entries.stream()
                .filter(e -> e.answersTo(name))
                .map(Entry::resource)
                .findFirst();
    }

    private List<Entry> entries(String apiVersion) {
        return groups.computeIfAbsent(apiVersion, gv -> {
            String path = gv.contains("/") ? "/apis/" + gv : "/api/" + gv;
            try {
                return parse(client.get(path));
            } catch (ApiFailure e) {
                if (e.notFound()) {
                    return List.of();
                }
                throw e;
            }
        });
    }

    private List<Entry> all() {
        List<Entry> entries = all;
        if (entries == null) {
            entries = new ArrayList<>(entries("v1"));
            for (JsonNode group : client.get("/apis").path("groups")) {
                entries.addAll(
                        entries(group.at("/preferredVersion/groupVersion").asText()));
            }
            all = entries;
        }
        return entries;
    }

    private String nearest(String name) {
        return Spelling.nearest(
                        name, all().stream().map(e -> e.resource.plural()).toList())
                .map(": did you mean \"%s\"?"::formatted)
                .orElse(": 'gantry get all' and kubectl api-resources show what there is");
    }

    private static List<Entry> parse(JsonNode list) {
        String groupVersion = list.path("groupVersion").asText();
        int slash = groupVersion.indexOf('/');
        String group = slash < 0 ? "" : groupVersion.substring(0, slash);
        String version = groupVersion.substring(slash + 1);
        List<Entry> entries = new ArrayList<>();
        for (JsonNode item : list.path("resources")) {
            String plural = item.path("name").asText();
            if (plural.contains("/")) {
                continue;
            }
            List<String> names = new ArrayList<>(List.of(plural));
            names.add(item.path("singularName").asText());
            names.add(item.path("kind").asText().toLowerCase(Locale.ROOT));
            item.path("shortNames").forEach(n -> names.add(n.asText()));
            List<String> categories = new ArrayList<>();
            item.path("categories").forEach(c -> categories.add(c.asText()));
            entries.add(new Entry(
                    new Resource(
                            group,
                            version,
                            plural,
                            item.path("kind").asText(),
                            item.path("namespaced").asBoolean()),
                    names,
                    categories));
        }
        return entries;
    }

    private static Entry known(
            String group, String version, String plural, String kind, boolean namespaced, String... shortNames) {
        List<String> names = new ArrayList<>(List.of(plural, kind.toLowerCase(Locale.ROOT)));
        names.addAll(List.of(shortNames));
        return new Entry(new Resource(group, version, plural, kind, namespaced), names, List.of());
    }

    private record Entry(Resource resource, List<String> names, List<String> categories) {
        boolean answersTo(String name) {
            if (names.contains(name)) {
                return true;
            }
            int dot = name.indexOf('.');
            return dot > 0
                    && names.contains(name.substring(0, dot))
                    && (resource.group().equals(name.substring(dot + 1))
                            || (resource.version() + "." + resource.group()).equals(name.substring(dot + 1)));
        }
    }
}
