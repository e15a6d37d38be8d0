package dev.gantry.cli.show;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Discovery;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "describe", description = "Everything about an object that a person asks first, with its events.")
public final class DescribeCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Parameters(paramLabel = "TYPE NAME", arity = "1..*", description = "pod web-1, or deployment/web.")
    private List<String> typed = new ArrayList<>();

    public DescribeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (ApiClient client = cluster.connect()) {
            boolean first = true;
            for (Targets.Target target : Targets.parse(new Discovery(client), cluster.namespace(client), typed)) {
                List<JsonNode> objects = new ArrayList<>();
                JsonNode answer = client.get(
                        target.name() == null
                                ? target.resource().path(target.namespace())
                                : target.resource().path(target.namespace(), target.name()));
                if (target.name() == null) {
                    answer.path("items").forEach(objects::add);
                } else {
                    objects.add(answer);
                }
                for (JsonNode object : objects) {
                    if (!first) {
                        console.out().println();
                    }
                    first = false;
                    console.out().print(describe(client, target, (ObjectNode) object));
                }
            }
        }
        return 0;
    }

    private static String describe(ApiClient client, Targets.Target target, ObjectNode object) {
        StringBuilder text = new StringBuilder();
        JsonNode metadata = object.path("metadata");
        line(text, "Name", metadata.path("name").asText());
        line(text, "Namespace", metadata.path("namespace").asText());
        line(text, "Kind", target.resource().kind() + " (" + target.resource().groupVersion() + ")");
        line(
                text,
                "Created",
                metadata.path("creationTimestamp").asText()
                        + age(metadata.path("creationTimestamp").asText()));
        if (metadata.hasNonNull("deletionTimestamp")) {
            line(text, "Deleting", "since " + metadata.path("deletionTimestamp").asText());
        }
        for (JsonNode owner : metadata.path("ownerReferences")) {
            line(
                    text,
                    "Owner",
                    owner.path("kind").asText() + "/" + owner.path("name").asText());
        }
        section(text, "Labels", metadata.path("labels"));
        ObjectNode annotations = metadata.path("annotations") instanceof ObjectNode given ? given.deepCopy() : null;
        if (annotations != null) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
            section(text, "Annotations", annotations);
        }
        String why = why(object);
        if (!why.isEmpty()) {
            line(text, "Why", why);
        }
        conditions(text, object.at("/status/conditions"));
        ObjectNode status = object.path("status") instanceof ObjectNode given ? given.deepCopy() : null;
        if (status != null) {
            status.remove("conditions");
            section(text, "Status", status);
        }
        object.properties().forEach(entry -> {
            if (!List.of("apiVersion", "kind", "metadata", "status").contains(entry.getKey())) {
                String name = entry.getKey();
                boolean secret = object.path("kind").asText().equals("Secret")
                        && (name.equals("data") || name.equals("stringData"));
                if (secret) {
                    entry.getValue()
                            .properties()
                            .forEach(e -> line(
                                    text,
                                    "  " + e.getKey(),
                                    e.getValue().asText().length() * 3 / 4 + " bytes"));
                } else {
                    section(text, Character.toUpperCase(name.charAt(0)) + name.substring(1), entry.getValue());
                }
            }
        });
        events(text, client, object);
        return text.toString();
    }

    /** One sentence for what keeps a pod from running, if something does. */
    private static String why(JsonNode object) {
        for (JsonNode condition : object.at("/status/conditions")) {
            if (condition.path("type").asText().equals("PodScheduled")
                    && condition.path("status").asText().equals("False")) {
                return condition.path("message").asText();
            }
        }
        for (String list : List.of("initContainerStatuses", "containerStatuses")) {
            for (JsonNode container : object.path("status").path(list)) {
                JsonNode waiting = container.at("/state/waiting");
                if (waiting.hasNonNull("message")) {
                    return "container \"%s\": %s: %s"
                            .formatted(
                                    container.path("name").asText(),
                                    waiting.path("reason").asText(),
                                    waiting.path("message").asText());
                }
            }
        }
        return object.at("/status/message").asText();
    }

    private static void conditions(StringBuilder text, JsonNode conditions) {
        if (conditions.isEmpty()) {
            return;
        }
        text.append("Conditions:\n");
        for (JsonNode condition : conditions) {
            String reason = condition.path("reason").asText();
            String message = condition.path("message").asText();
            text.append("  %-18s %-6s %s%n"
                    .formatted(
                            condition.path("type").asText(),
                            condition.path("status").asText(),
                            (reason + (message.isEmpty() || reason.isEmpty() ? "" : ": ") + message).strip()));
        }
    }

    private static void events(StringBuilder text, ApiClient client, JsonNode object) {
        String uid = object.at("/metadata/uid").asText();
        String namespace = object.at("/metadata/namespace").asText("default");
        JsonNode events = client.get("/api/v1/namespaces/%s/events?fieldSelector=%s"
                .formatted(ApiClient.encode(namespace), ApiClient.encode("involvedObject.uid=" + uid)));
        List<JsonNode> ordered = new ArrayList<>();
        events.path("items").forEach(ordered::add);
        ordered.sort(java.util.Comparator.comparing(DescribeCommand::lastSeen));
        text.append("Events:%s%n".formatted(ordered.isEmpty() ? " none in the last hour" : ""));
        for (JsonNode event : ordered) {
            int count = Math.max(1, event.path("count").asInt());
            text.append("  %-8s %-18s %-10s %s%n"
                    .formatted(
                            event.path("type").asText(),
                            event.path("reason").asText(),
                            ago(lastSeen(event)) + (count > 1 ? " (x" + count + ")" : ""),
                            event.path("message").asText()));
        }
    }

    private static String lastSeen(JsonNode event) {
        String last = event.path("lastTimestamp").asText("");
        return last.isEmpty() || last.equals("null")
                ? event.at("/metadata/creationTimestamp").asText()
                : last;
    }

    private static String age(String timestamp) {
        String ago = ago(timestamp);
        return ago.isEmpty() ? "" : " (" + ago + " ago)";
    }

    private static String ago(String timestamp) {
        try {
            Duration age = Duration.between(Instant.parse(timestamp), Instant.now());
            long seconds = Math.max(0, age.toSeconds());
            return seconds < 120 ? seconds + "s" : seconds < 7200 ? seconds / 60 + "m" : seconds / 3600 + "h";
        } catch (DateTimeParseException e) {
            return "";
        }
    }

    private static void line(StringBuilder text, String name, String value) {
        if (!value.isEmpty()) {
            text.append("%-13s %s%n".formatted(name + ":", value));
        }
    }

    private static void section(StringBuilder text, String name, JsonNode value) {
        if (value.isContainerNode() && !value.isEmpty()) {
            text.append(name).append(":\n").append(YamlPrinter.print(value).indent(2));
        } else if (!value.isContainerNode() && !value.isMissingNode()) {
            line(text, name, value.asText());
        }
    }
}
