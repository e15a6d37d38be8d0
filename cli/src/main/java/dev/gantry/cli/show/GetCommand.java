package dev.gantry.cli.show;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import dev.gantry.cli.api.Discovery;
import dev.gantry.cli.api.NamedObject;
import dev.gantry.cli.api.Watch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "get",
        description = "Show objects: gantry get pods, gantry get deployment/web -o yaml, gantry get all.")
public final class GetCommand implements Callable<Integer> {
    private static final List<String> OUTPUTS = List.of("", "wide", "json", "yaml", "name");

    private final Console console;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Parameters(
            paramLabel = "TYPE NAME",
            arity = "1..*",
            description = "pods, pod web-1, pod/web-1, pods,services, all.")
    private List<String> typed = new ArrayList<>();

    @Option(
            names = {"-A", "--all-namespaces"},
            description = "In every namespace.")
    private boolean allNamespaces;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "",
            description = "wide, json, yaml or name.")
    private String output = "";

    @Option(
            names = {"-l", "--selector"},
            paramLabel = "SELECTOR",
            description = "Label selector, such as app=web,tier!=cache.")
    private @Nullable String selector;

    @Option(
            names = "--field-selector",
            paramLabel = "SELECTOR",
            description = "Field selector, such as status.phase=Running.")
    private @Nullable String fieldSelector;

    @Option(
            names = {"-w", "--watch"},
            description = "Go on and show each change.")
    private boolean watch;

    @Option(names = "--show-managed-fields", description = "In json and yaml, also who owns which field.")
    private boolean showManagedFields;

    public GetCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (!OUTPUTS.contains(output)) {
            throw new Failure(2, "-o %s: expected wide, json, yaml or name".formatted(output));
        }
        try (ApiClient client = cluster.connect()) {
            String namespace = allNamespaces ? null : cluster.namespace(client);
            List<Targets.Target> targets = Targets.parse(new Discovery(client), namespace, typed);
            if (watch && targets.size() != 1) {
                throw new Failure(2, "--watch follows one type, or one object");
            }
            return output.equals("json") || output.equals("yaml") || output.equals("name")
                    ? objects(client, targets)
                    : tables(client, targets, namespace);
        }
    }

    private int tables(ApiClient client, List<Targets.Target> targets, @Nullable String namespace) {
        boolean several =
                targets.stream().map(Targets.Target::resource).distinct().count() > 1;
        int shown = 0;
        int failures = 0;
        TablePrinter printer = new TablePrinter(output.equals("wide"), allNamespaces);
        Targets.@Nullable Target previous = null;
        for (Targets.Target target : targets) {
            if (previous != null && !previous.resource().equals(target.resource())) {
                printer = new TablePrinter(output.equals("wide"), allNamespaces);
            }
            try {
                JsonNode table = client.table(watch ? watchedPath(client, target) : path(target, ""));
                if (!table.path("rows").isEmpty() || watch) {
                    if (previous != null && !previous.resource().equals(target.resource()) && shown > 0) {
                        console.out().println();
                    }
                    console.out()
                            .print(printer.print(
                                    table, several ? target.resource().qualifiedKind() + "/" : ""));
                    shown += table.path("rows").size();
                }
                if (watch) {
                    console.out().flush();
                    follow(client, target, table.at("/metadata/resourceVersion").asText(), printer);
                }
            } catch (ApiFailure e) {
                console.note("gantry: %s", e.getMessage());
                failures++;
            }
            previous = target;
        }
        if (shown == 0 && failures == 0) {
            console.note(
                    namespace == null
                            ? "No objects found."
                            : "No objects found in namespace \"%s\".".formatted(namespace));
        }
        return failures == 0 ? 0 : 1;
    }

    private void follow(ApiClient client, Targets.Target target, String revision, TablePrinter printer) {
        String from = revision;
        while (true) {
            try (Watch changes = client.watch(watchPath(target, from), true)) {
                for (JsonNode event = changes.next(); event != null; event = changes.next()) {
                    String type = event.path("type").asText();
                    JsonNode object = event.path("object");
                    if (type.equals("ERROR")) {
                        throw new Failure(object.path("message").asText("the watch ended; start it again"));
                    }
                    from = object.at("/metadata/resourceVersion").asText(from);
                    if (!type.equals("BOOKMARK")) {
                        console.out().print(printer.print(object, ""));
                        console.out().flush();
                    }
                }
            }
        }
    }

    private int objects(ApiClient client, List<Targets.Target> targets) {
        ArrayNode items = JsonNodeFactory.instance.arrayNode();
        boolean single = targets.size() == 1 && targets.getFirst().name() != null;
        for (Targets.Target target : targets) {
            JsonNode answer = client.get(path(target, ""));
            if (target.name() != null) {
                items.add(answer);
            } else {
                for (JsonNode item : answer.path("items")) {
                    ObjectNode whole = JsonNodeFactory.instance.objectNode();
                    whole.put("apiVersion", target.resource().groupVersion());
                    whole.put("kind", target.resource().kind());
                    whole.setAll((ObjectNode) item);
                    items.add(whole);
                }
            }
        }
        if (output.equals("name")) {
            items.forEach(item -> console.line(
                    "%s/%s", qualifiedKind(item), item.at("/metadata/name").asText()));
            return 0;
        }
        if (!showManagedFields) {
            // longer than the object, often, and hardly ever what is looked for
            items.forEach(item -> {
                if (item.path("metadata") instanceof ObjectNode metadata) {
                    metadata.remove("managedFields");
                }
            });
        }
        JsonNode shown = items.path(0);
        if (!single) {
            ObjectNode list = JsonNodeFactory.instance
                    .objectNode()
                    .put("apiVersion", "v1")
                    .put("kind", "List");
            list.set("items", items);
            shown = list;
        }
        console.out().print(output.equals("yaml") ? YamlPrinter.print(shown) : shown.toPrettyString() + "\n");
        return 0;
    }

    private static String qualifiedKind(JsonNode item) {
        String apiVersion = item.path("apiVersion").asText();
        String kind = item.path("kind").asText().toLowerCase(java.util.Locale.ROOT);
        return apiVersion.contains("/") ? kind + "." + apiVersion.substring(0, apiVersion.indexOf('/')) : kind;
    }

    private String path(Targets.Target target, String more) {
        if (target.name() != null) {
            return target.resource().path(target.namespace(), target.name());
        }
        List<String> query = new ArrayList<>();
        if (selector != null) {
            query.add("labelSelector=" + ApiClient.encode(selector));
        }
        if (fieldSelector != null) {
            query.add("fieldSelector=" + ApiClient.encode(fieldSelector));
        }
        if (!more.isEmpty()) {
            query.add(more);
        }
        return target.resource().path(target.namespace()) + (query.isEmpty() ? "" : "?" + String.join("&", query));
    }

    /** Of a list also where it is one object: a list says from where it can be watched. */
    private String watchedPath(ApiClient client, Targets.Target target) {
        if (target.name() == null) {
            return path(target, "");
        }
        // who watches one that is not there is told so by the server
        client.get(path(target, ""));
        return new NamedObject(client, target.resource(), target.namespace(), target.name()).listPath();
    }

    private String watchPath(Targets.Target target, String revision) {
        String more = "watch=true&resourceVersion=" + revision;
        if (target.name() != null) {
            more += "&fieldSelector=" + ApiClient.encode("metadata.name=" + target.name());
        }
        return path(new Targets.Target(target.resource(), target.namespace(), null), more);
    }
}
