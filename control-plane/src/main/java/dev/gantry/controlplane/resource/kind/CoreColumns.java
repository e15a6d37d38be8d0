package dev.gantry.controlplane.resource.kind;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.resource.Column;
import dev.gantry.controlplane.resource.Meta;
import java.util.ArrayList;
import java.util.List;

/** The columns of the other built-in kinds. */
final class CoreColumns {
    private static final String ROLE = "node-role.kubernetes.io/";

    private CoreColumns() {}

    static List<Column> namespaces() {
        return List.of(
                Column.ofName(),
                Column.of(
                        "Status",
                        (object, now) -> object.path("status").path("phase").asText()),
                Cells.age());
    }

    static List<Column> nodes() {
        return List.of(
                Column.ofName(),
                Column.of("Status", (node, now) -> nodeStatus(node)),
                Column.of("Roles", (node, now) -> roles(node)),
                Cells.age(),
                Column.of("Version", (node, now) -> info(node, "kubeletVersion")),
                Column.wide("Internal-IP", (node, now) -> address(node, "InternalIP")),
                Column.wide("External-IP", (node, now) -> address(node, "ExternalIP")),
                Column.wide("OS-Image", (node, now) -> info(node, "osImage")),
                Column.wide("Kernel-Version", (node, now) -> info(node, "kernelVersion")),
                Column.wide("Container-Runtime", (node, now) -> info(node, "containerRuntimeVersion")));
    }

    private static String nodeStatus(JsonNode node) {
        String ready = "Unknown";
        for (JsonNode condition : node.path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                ready = condition.path("status").asText().equals("True") ? "Ready" : "NotReady";
            }
        }
        return node.path("spec").path("unschedulable").asBoolean(false) ? ready + ",SchedulingDisabled" : ready;
    }

    private static String roles(JsonNode node) {
        List<String> roles = new ArrayList<>();
        Meta.labels(node).properties().forEach(label -> {
            if (label.getKey().startsWith(ROLE)) {
                roles.add(label.getKey().substring(ROLE.length()));
            }
        });
        return roles.isEmpty() ? Cells.NONE : String.join(",", roles);
    }

    private static String info(JsonNode node, String field) {
        return node.path("status").path("nodeInfo").path(field).asText("<unknown>");
    }

    private static String address(JsonNode node, String type) {
        for (JsonNode address : node.path("status").path("addresses")) {
            if (address.path("type").asText().equals(type)) {
                return address.path("address").asText();
            }
        }
        return Cells.NONE;
    }

    static List<Column> configMaps() {
        return List.of(
                Column.ofName(),
                Cells.integer(
                        "Data",
                        (object, now) -> object.path("data").size()
                                + object.path("binaryData").size()),
                Cells.age());
    }

    static List<Column> secrets() {
        return List.of(
                Column.ofName(),
                Column.of("Type", (object, now) -> object.path("type").asText()),
                Cells.integer("Data", (object, now) -> object.path("data").size()),
                Cells.age());
    }

    static List<Column> serviceAccounts() {
        return List.of(
                Column.ofName(),
                Cells.integer("Secrets", (object, now) -> object.path("secrets").size()),
                Cells.age());
    }

    static List<Column> services() {
        return List.of(
                Column.ofName(),
                Column.of(
                        "Type",
                        (object, now) -> object.path("spec").path("type").asText()),
                Column.of(
                        "Cluster-IP",
                        (object, now) -> Cells.orNone(object.path("spec").path("clusterIP"))),
                Column.of("External-IP", (object, now) -> externalAddress(object)),
                Column.of("Port(s)", (object, now) -> ports(object)),
                Cells.age(),
                Column.wide(
                        "Selector",
                        (object, now) -> Cells.labels(object.path("spec").path("selector"))));
    }

    private static String externalAddress(JsonNode service) {
        return switch (service.path("spec").path("type").asText()) {
            case "ExternalName" -> service.path("spec").path("externalName").asText();
            case "LoadBalancer" -> "<pending>";
            default -> Cells.NONE;
        };
    }

    private static String ports(JsonNode service) {
        List<String> ports = new ArrayList<>();
        for (JsonNode port : service.path("spec").path("ports")) {
            int nodePort = port.path("nodePort").asInt(0);
            ports.add(port.path("port").asInt() + (nodePort == 0 ? "" : ":" + nodePort) + "/"
                    + port.path("protocol").asText());
        }
        return ports.isEmpty() ? Cells.NONE : String.join(",", ports);
    }

    static List<Column> endpointSlices() {
        return List.of(
                Column.ofName(),
                Column.of(
                        "AddressType",
                        (object, now) -> object.path("addressType").asText()),
                Column.of("Ports", (object, now) -> Cells.joined(object.path("ports"), "port")),
                Column.of("Endpoints", (object, now) -> endpoints(object)),
                Cells.age());
    }

    private static String endpoints(JsonNode slice) {
        List<String> addresses = new ArrayList<>();
        for (JsonNode endpoint : slice.path("endpoints")) {
            endpoint.path("addresses").forEach(address -> addresses.add(address.asText()));
        }
        if (addresses.isEmpty()) {
            return "<unset>";
        }
        return addresses.size() <= 3
                ? String.join(",", addresses)
                : "%s + %d more...".formatted(String.join(",", addresses.subList(0, 3)), addresses.size() - 3);
    }

    static List<Column> events() {
        return List.of(
                Column.of("Last Seen", (event, now) -> Cells.since(lastSeen(event), now)),
                Column.of("Type", (event, now) -> event.path("type").asText()),
                Column.of("Reason", (event, now) -> event.path("reason").asText()),
                Column.of(
                        "Object",
                        (event, now) -> "%s/%s"
                                .formatted(
                                        event.path("involvedObject")
                                                .path("kind")
                                                .asText()
                                                .toLowerCase(java.util.Locale.ROOT),
                                        event.path("involvedObject")
                                                .path("name")
                                                .asText())),
                Column.wide(
                        "Subobject",
                        (event, now) ->
                                event.path("involvedObject").path("fieldPath").asText()),
                Column.wide(
                        "Source",
                        (event, now) -> event.path("source")
                                .path("component")
                                .asText(event.path("reportingComponent").asText())),
                Column.of(
                        "Message",
                        (event, now) -> event.path("message").asText().strip()),
                Column.wide("First Seen", (event, now) -> Cells.since(event.path("firstTimestamp"), now)),
                Column.wide("Count", (event, now) -> event.path("count").asInt(1)),
                new Column("Name", "string", "name", 1, (event, now) -> Meta.name(event)));
    }

    private static JsonNode lastSeen(JsonNode event) {
        for (String field : List.of("lastTimestamp", "eventTime", "firstTimestamp")) {
            if (event.hasNonNull(field)) {
                return event.get(field);
            }
        }
        return event.path("metadata").path("creationTimestamp");
    }

    static List<Column> leases() {
        return List.of(
                Column.ofName(),
                Column.of(
                        "Holder",
                        (lease, now) ->
                                lease.path("spec").path("holderIdentity").asText()));
    }

    static List<Column> images() {
        return List.of(
                Column.ofName(),
                Column.of(
                        "Image", (image, now) -> image.path("spec").path("name").asText()),
                Column.of(
                        "Digest",
                        (image, now) ->
                                shortened(image.path("status").path("digest").asText())),
                Column.of(
                        "Size",
                        (image, now) -> size(image.path("status").path("bytes").asLong(0))),
                Cells.integer(
                        "Nodes",
                        (image, now) -> image.path("status").path("nodes").size()),
                Cells.age(),
                Column.wide(
                        "Held By",
                        (image, now) ->
                                String.join(",", names(image.path("status").path("nodes")))));
    }

    private static List<String> names(JsonNode list) {
        List<String> names = new ArrayList<>();
        list.forEach(name -> names.add(name.asText()));
        return names;
    }

    private static String shortened(String digest) {
        return digest.isEmpty() ? Cells.NONE : digest.substring(0, Math.min(digest.length(), "sha256:".length() + 12));
    }

    private static String size(long bytes) {
        return bytes < 1_000_000 ? "%d kB".formatted((bytes + 999) / 1_000) : "%.1f MB".formatted(bytes / 1e6);
    }
}
