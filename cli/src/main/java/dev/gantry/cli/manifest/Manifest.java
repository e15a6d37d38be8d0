package dev.gantry.cli.manifest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiFailure;
import dev.gantry.common.yaml.YamlDocument;

/**
 * One object as a person wrote it.
 *
 * @param file for messages; {@code -} for standard input
 */
public record Manifest(ObjectNode object, String file, YamlDocument document, String prefix) {
    public String apiVersion() {
        return object.path("apiVersion").asText();
    }

    public String kind() {
        return object.path("kind").asText();
    }

    public String name() {
        return object.at("/metadata/name").asText();
    }

    public String namespace() {
        return object.at("/metadata/namespace").asText();
    }

    /** {@code file:line:column} of a field, or of its nearest parent that is written. */
    public String place(String field) {
        return file + ":" + document.position(prefix + field);
    }

    Failure problem(String field, String message) {
        return new Failure(place(field) + ": " + message);
    }

    /** A server's refusal, each problem at the line that caused it. */
    Failure refused(ApiFailure failure) {
        if (failure.causes().isEmpty()) {
            return new Failure("%s: %s".formatted(place(""), failure.getMessage()), failure);
        }
        StringBuilder lines = new StringBuilder("%s \"%s\" is not valid:".formatted(kind(), name()));
        for (ApiFailure.Cause cause : failure.causes()) {
            lines.append("\n  %s: %s%s"
                    .formatted(
                            place(cause.field()),
                            cause.field().isEmpty() ? "" : cause.field() + ": ",
                            cause.message()));
        }
        return new Failure(lines.toString(), failure);
    }
}
