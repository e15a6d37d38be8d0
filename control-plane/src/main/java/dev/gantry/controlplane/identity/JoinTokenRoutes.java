package dev.gantry.controlplane.identity;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.AccessRequest;
import dev.gantry.controlplane.http.Authorizer;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.http.StatusBody;
import dev.gantry.controlplane.resource.ApiException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * {@code /apis/gantry.dev/v1/jointokens}. POST makes a join token and shows it, once: the body may say {@code spec.ttlSeconds} (default 3,600) and
 * {@code spec.maxUses} (default 1) and {@code spec.role} (node, the default, or control-plane); the answer's {@code status.token} is the token, {@code status.controlPlanes} where it is good. GET lists those that have not expired, without their secrets; DELETE
 * of one ends it.
 */
public final class JoinTokenRoutes {
    private static final String PATH = "/apis/gantry.dev/v1/jointokens";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_BODY = 64 * 1024;
    private static final long DEFAULT_TTL_SECONDS = 3_600;

    private final JoinTokens tokens;
    private final Authorizer authorizer;
    private final Supplier<List<String>> controlPlanes;

    private JoinTokenRoutes(JoinTokens tokens, Authorizer authorizer, Supplier<List<String>> controlPlanes) {
        this.tokens = requireNonNull(tokens, "tokens is null");
        this.authorizer = requireNonNull(authorizer, "authorizer is null");
        this.controlPlanes = requireNonNull(controlPlanes, "controlPlanes is null");
    }

    /**
     * To be called before the routes of the generic API, which know no such resource.
     *
     * @param controlPlanes host:port of each, as other hosts dial it
     */
    public static void register(
            Routes routes, JoinTokens tokens, Authorizer authorizer, Supplier<List<String>> controlPlanes) {
        JoinTokenRoutes handlers = new JoinTokenRoutes(tokens, authorizer, controlPlanes);
        routes.post(PATH, handlers::create);
        routes.get(PATH, handlers::list);
        routes.add("DELETE", PATH + "/{id}", handlers::delete);
    }

    private Response create(Request request) throws IOException {
        authorize(request, "create");
        JsonNode spec = spec(request.readBody(LONGEST_BODY));
        JoinTokens.Issued issued;
        try {
            issued = tokens.create(
                    role(spec),
                    Duration.ofSeconds(integer(spec, "ttlSeconds", DEFAULT_TTL_SECONDS)),
                    Math.toIntExact(Math.clamp(integer(spec, "maxUses", 1), Integer.MIN_VALUE, Integer.MAX_VALUE)));
        } catch (IllegalArgumentException e) {
            throw invalid("spec", String.valueOf(e.getMessage()));
        }
        ObjectNode answer =
                JSON.createObjectNode().put("apiVersion", "gantry.dev/v1").put("kind", "JoinToken");
        answer.putObject("metadata").put("name", issued.token().id());
        answer.putObject("spec").put("expiresAt", issued.expiresAt().toString());
        ArrayNode dialled =
                answer.putObject("status").put("token", issued.token().text()).putArray("controlPlanes");
        controlPlanes.get().forEach(dialled::add);
        return Response.json(201, JSON.writeValueAsBytes(answer)).withHeader("cache-control", "no-store");
    }

    private Response list(Request request) throws IOException {
        authorize(request, "list");
        ObjectNode answer =
                JSON.createObjectNode().put("apiVersion", "gantry.dev/v1").put("kind", "JoinTokenList");
        ArrayNode items = answer.putArray("items");
        for (JoinTokens.Listed token : tokens.list()) {
            ObjectNode item = items.addObject();
            item.putObject("metadata")
                    .put("name", token.id())
                    .put("creationTimestamp", token.createdAt().toString());
            item.putObject("spec")
                    .put("expiresAt", token.expiresAt().toString())
                    .put("maxUses", token.maxUses())
                    .put("role", token.role());
            ArrayNode joined = item.putObject("status").putArray("joined");
            token.joined().forEach(joined::add);
        }
        return Response.json(200, JSON.writeValueAsBytes(answer));
    }

    private Response delete(Request request) throws IOException {
        authorize(request, "delete");
        String id = request.pathParameter("id");
        if (!tokens.delete(id)) {
            throw ApiException.notFound(new ApiException.Subject(JoinTokens.GROUP, JoinTokens.RESOURCE, id));
        }
        return Response.json(200, StatusBody.success());
    }

    private void authorize(Request request, String verb) {
        authorizer.require(
                request.user(),
                new AccessRequest(verb, JoinTokens.GROUP, JoinTokens.RESOURCE, "", null, null, PATH),
                "join tokens");
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

    private static JoinTokens.Role role(JsonNode spec) {
        String asked = spec.path("role").asText(JoinTokens.Role.NODE.word());
        for (JoinTokens.Role role : JoinTokens.Role.values()) {
            if (role.word().equals(asked)) {
                return role;
            }
        }
        throw invalid("spec.role", "expected node or control-plane, not " + asked);
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
