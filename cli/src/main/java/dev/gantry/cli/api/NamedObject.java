package dev.gantry.cli.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One object, to be looked at and then watched from where the look was. An object's own revision is no such place: it is that of its latest change, and
 * a server keeps changes for a while only.
 */
public final class NamedObject {
    private final ApiClient client;
    private final String query;

    /** @param namespace null for a kind outside namespaces */
    public NamedObject(ApiClient client, Resource resource, @Nullable String namespace, String name) {
        this.client = client;
        this.query = resource.path(namespace) + "?fieldSelector=" + ApiClient.encode("metadata.name=" + name);
    }

    /** The path that lists it, or nothing. */
    public String listPath() {
        return query;
    }

    public Seen look() {
        JsonNode list = client.get(query);
        return new Seen(
                Optional.ofNullable(list.path("items").get(0)),
                list.at("/metadata/resourceVersion").asText());
    }

    /**
     * Its changes since the look; the server ends the stream after a while.
     *
     * @throws ApiFailure {@link ApiFailure#expired} when they are not known any more, as after a restart of the server: look again
     */
    public Watch changes(Seen since, Duration atMost) {
        return client.watch(
                query
                        + "&watch=true&timeoutSeconds=%d&resourceVersion=%s"
                                .formatted(Math.max(1, atMost.toSeconds()), since.revision()),
                false);
    }

    /** @param object empty when there is none of that name @param revision of the whole, from which it can be watched */
    public record Seen(Optional<JsonNode> object, String revision) {}
}
