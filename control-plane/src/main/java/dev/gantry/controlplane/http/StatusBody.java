package dev.gantry.controlplane.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ApiException;
import java.io.UncheckedIOException;

/** Kubernetes' Status object (API conventions, "Response Status Kind") for a refusal. */
public final class StatusBody {
    private static final ObjectMapper JSON = new ObjectMapper();

    private StatusBody() {}

    public static byte[] of(ApiException refusal) {
        try {
            return JSON.writeValueAsBytes(tree(refusal));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Nothing but that it was done. */
    public static byte[] success() {
        return "{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"status\":\"Success\"}".getBytes(UTF_8);
    }

    public static ObjectNode tree(ApiException refusal) {
        ObjectNode status = JSON.createObjectNode();
        status.put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Failure")
                .put("message", refusal.getMessage())
                .put("reason", refusal.reason())
                .put("code", refusal.code());
        ApiException.Subject subject = refusal.subject();
        if (subject != null || !refusal.causes().isEmpty()) {
            ObjectNode details = status.putObject("details");
            if (subject != null) {
                details.put("name", subject.name()).put("kind", subject.resource());
                if (!subject.group().isEmpty()) {
                    details.put("group", subject.group());
                }
            }
            ArrayNode causes = details.putArray("causes");
            for (ApiException.Cause cause : refusal.causes()) {
                causes.addObject()
                        .put("reason", cause.reason())
                        .put("message", cause.message())
                        .put("field", cause.field());
            }
            if (causes.isEmpty()) {
                details.remove("causes");
            }
        }
        return status;
    }
}
