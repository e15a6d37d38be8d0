package dev.gantry.controlplane.resource.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ApiException;

/** How a patch is written, by its media type. */
public enum PatchFormat {
    JSON("application/json-patch+json"),
    MERGE("application/merge-patch+json"),
    STRATEGIC("application/strategic-merge-patch+json");

    private final String mediaType;

    PatchFormat(String mediaType) {
        this.mediaType = mediaType;
    }

    public String mediaType() {
        return mediaType;
    }

    /**
     * Applies {@code patch} to a copy of {@code object}.
     *
     * @throws ApiException 400 when it is not a patch of this format, 422 when it does not fit the object
     */
    public ObjectNode apply(ObjectNode object, JsonNode patch) {
        JsonNode patched = switch (this) {
            case JSON -> JsonPatch.apply(object, patch);
            case MERGE -> MergePatch.apply(object, patch);
            case STRATEGIC -> StrategicMergePatch.apply(object, patch);
        };
        if (patched instanceof ObjectNode result) {
            return result;
        }
        throw ApiException.badRequest("the patch replaces the whole object by something that is not an object");
    }
}
