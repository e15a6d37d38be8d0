package dev.gantry.controlplane.identity;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.AccessRequest;
import dev.gantry.controlplane.http.Authorizer;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.resource.ApiException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * {@code POST /apis/gantry.dev/v1/jointokens}: makes a join token and shows it, once. The body may say {@code spec.ttlSeconds} (default 3,600) and
 * {@code spec.maxUses} (default 1); the answer's {@code status.token} is the token.
 */
public final class JoinTokenRoutes {
    private static final String PATH = "/apis/gantry.dev/v1/jointokens";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_BODY = 64 * 1024;
    private static final long DEFAULT_TTL_SECONDS = 3_600;

    private final JoinTokens tokens;
    private final Authorizer authorizer;

    private JoinTokenRoutes(JoinTokens tokens, Authorizer authorizer) {
        this.tokens = requireNonNull(tokens, "tokens is null");
        this.authorizer = requireNonNull(authorizer, "authorizer is null");
    }

    /** To be called before the routes of the generic API, which know no such resource. */
    public static void register(Routes routes, JoinTokens tokens, Authorizer authorizer) {
        routes.post(PATH, new JoinTokenRoutes(tokens, authorizer)::create);
    }

    private Response create(Request request) throws IOException {
        AccessRequest access = new AccessRequest("create", JoinTokens.GROUP, JoinTokens.RESOURCE, "", null, null, PATH);
        if (!authorizer.allows(request.user(), access)) {
            throw new ApiException(
                    403,
                    "Forbidden",
                    "%s may not create join tokens; an administrator may"
                            .formatted(request.user().name()));
        }
        JsonNode spec = spec(request.readBody(LONGEST_BODY));
        JoinTokens.Issued issued;
        try {
            issued = tokens.create(
                    Duration.ofSeconds(integer(spec, "ttlSeconds", DEFAULT_TTL_SECONDS)),
                    Math.toIntExact(Math.clamp(integer(spec, "maxUses", 1), Integer.MIN_VALUE, Integer.MAX_VALUE)));
        } catch (IllegalArgumentException e) {
            throw invalid("spec", String.valueOf(e.getMessage()));
        }
        ObjectNode answer =
                JSON.createObjectNode().put("apiVersion", "gantry.dev/v1").put("kind", "JoinToken");
        answer.putObject("metadata").put("name", issued.token().id());
        answer.putObject("spec").put("expiresAt", issued.expiresAt().toString());
        answer.putObject("status").put("token", issued.token().text());
        return Response.json(201, JSON.writeValueAsBytes(answer)).withHeader("cache-control", "no-store");
    }

    private static JsonNode spec(byte[] body) throws IOException {
        if (body.length == 0) {
            return JSON.createObjectNode();
        }
        try {
            return JSON.readTree(body).path("spec");
        } catch (JsonProcessingException e) {
            throw new ApiException(400, "BadRequest", "the body is not JSON: " + e.getOriginalMessage());
        }
    }

    private static long integer(JsonNode spec, String field, long otherwise) {
        JsonNode value = spec.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.canConvertToLong() || !value.isIntegralNumber()) {
            throw invalid("spec." + field, "expected a whole number, not " + value);
        }
        return value.asLong();
    }

    private static ApiException invalid(String field, String message) {
        return new ApiException(
                422,
                "Invalid",
                "JoinToken is invalid: %s: %s".formatted(field, message),
                List.of(new ApiException.Cause("FieldValueInvalid", message, field)));
    }
}
