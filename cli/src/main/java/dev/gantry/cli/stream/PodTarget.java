package dev.gantry.cli.stream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Discovery;
import dev.gantry.cli.api.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The pod that a stream goes to. */
record PodTarget(String namespace, JsonNode pod) {
    /** @param typed a pod's name, {@code pod/NAME}, or {@code deployment/NAME} and the like for its first pod that runs */
    static PodTarget resolve(ApiClient client, String namespace, String typed) {
        Discovery discovery = new Discovery(client);
        Resource pods = discovery.byName("pods");
        int slash = typed.indexOf('/');
        Resource resource = slash < 0 ? pods : discovery.byName(typed.substring(0, slash));
        String name = typed.substring(slash + 1);
        if (resource.equals(pods)) {
            return new PodTarget(namespace, client.get(pods.path(namespace, name)));
        }
        JsonNode owner = client.get(resource.path(namespace, name));
        JsonNode labels = resource.plural().equals("services")
                ? owner.at("/spec/selector")
                : owner.at("/spec/selector/matchLabels");
        List<String> selector = new ArrayList<>();
        labels.properties()
                .forEach(e -> selector.add(e.getKey() + "=" + e.getValue().asText()));
        if (selector.isEmpty()) {
            throw new Failure("%s selects no pods by labels".formatted(typed));
        }
        JsonNode found =
                client.get(pods.path(namespace) + "?labelSelector=" + ApiClient.encode(String.join(",", selector)));
        return first(found, "Running")
                .or(() -> first(found, ""))
                .map(p -> new PodTarget(namespace, p))
                .orElseThrow(() -> new Failure("%s has no pods".formatted(typed)));
    }

    private static Optional<JsonNode> first(JsonNode list, String phase) {
        for (JsonNode pod : list.path("items")) {
            boolean deleting = pod.at("/metadata").hasNonNull("deletionTimestamp");
            if (phase.isEmpty() || pod.at("/status/phase").asText().equals(phase) && !deleting) {
                return Optional.of(pod);
            }
        }
        return Optional.empty();
    }

    String name() {
        return pod.at("/metadata/name").asText();
    }

    String path(String subresource) {
        return "/api/v1/namespaces/%s/pods/%s/%s"
                .formatted(ApiClient.encode(namespace), ApiClient.encode(name()), subresource);
    }

    /** The container asked for, else the annotated default, else the first. */
    String container(@Nullable String asked) {
        List<String> names = new ArrayList<>();
        pod.at("/spec/containers").forEach(c -> names.add(c.path("name").asText()));
        List<String> initNames = new ArrayList<>();
        pod.at("/spec/initContainers").forEach(c -> initNames.add(c.path("name").asText()));
        if (asked != null) {
            if (!names.contains(asked) && !initNames.contains(asked)) {
                names.addAll(initNames);
                throw new Failure("pod \"%s\" has no container \"%s\"; it has: %s"
                        .formatted(name(), asked, String.join(", ", names)));
            }
            return asked;
        }
        String annotated = pod.at("/metadata/annotations")
                .path("kubectl.kubernetes.io/default-container")
                .asText();
        return names.contains(annotated) ? annotated : names.getFirst();
    }
}
