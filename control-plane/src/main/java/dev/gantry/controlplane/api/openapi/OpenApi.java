package dev.gantry.controlplane.api.openapi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.KindTable;
import dev.gantry.controlplane.resource.ServedKind;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The documents as trees. Pure. */
final class OpenApi {
    private OpenApi() {}

    static ObjectNode v2(KindTable kinds, String version) {
        ObjectNode document = Json.object().put("swagger", "2.0");
        info(document, version);
        write(document, document, "definitions", Dialect.V2, List.copyOf(kinds.all()));
        return document;
    }

    /** @param name as {@link #names} gives it */
    static ObjectNode v3(KindTable kinds, String name, String version) {
        ObjectNode document = Json.object().put("openapi", "3.0.0");
        info(document, version);
        ObjectNode components = Json.object();
        write(
                document,
                components,
                "schemas",
                Dialect.V3,
                kinds.all().stream().filter(kind -> name(kind).equals(name)).toList());
        document.set("components", components);
        return document;
    }

    /** The versions of groups that are served, as paths such as {@code apis/apps/v1}. */
    static Set<String> names(KindTable kinds) {
        Set<String> names = new TreeSet<>();
        kinds.all().forEach(kind -> names.add(name(kind)));
        return names;
    }

    private static String name(ServedKind kind) {
        return (kind.version().group().isEmpty() ? "api/" : "apis/")
                + kind.version().apiVersion();
    }

    private static void info(ObjectNode document, String version) {
        document.putObject("info").put("title", "Gantry").put("version", version);
    }

    private static void write(
            ObjectNode document, ObjectNode schemas, String field, Dialect dialect, Collection<ServedKind> kinds) {
        ObjectNode paths = document.putObject("paths");
        Definitions definitions = new Definitions(dialect);
        kinds.forEach(kind -> new Operations(dialect, kind, definitions.add(kind)).addTo(paths));
        schemas.putObject(field).setAll(definitions.all());
    }
}
