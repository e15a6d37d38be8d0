package dev.gantry.controlplane.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.AccessRequest;
import dev.gantry.controlplane.http.Authorizer;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.http.User;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.KindTable;
import dev.gantry.controlplane.resource.ServedKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What users ask about themselves (Kubernetes, "Authorization", "Checking API access"): who they are, whether they may do something, and what they may
 * do at all. Answered by asking the authorizer, whatever it goes by.
 */
final class SelfReviews {
    private static final String ANY = "*";
    private static final List<String> VERBS =
            List.of("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection");
    private static final List<String> PATHS =
            List.of("/api", "/apis", "/healthz", "/livez", "/openapi", "/readyz", "/version");

    private final Authorizer authorizer;
    private final KindTable kinds;

    SelfReviews(Authorizer authorizer, KindTable kinds) {
        this.authorizer = requireNonNull(authorizer, "authorizer is null");
        this.kinds = requireNonNull(kinds, "kinds is null");
    }

    void addTo(Routes routes) {
        routes.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", this::who);
        routes.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", this::access);
        routes.post("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", this::rules);
    }

    private Response who(Request request) throws Exception {
        ObjectNode review = Bodies.optionalObject(request);
        identify(review, "authentication.k8s.io/v1", "SelfSubjectReview");
        ObjectNode user = review.putObject("status").putObject("userInfo");
        user.put("username", request.user().name());
        ArrayNode groups = user.putArray("groups");
        request.user().groups().forEach(groups::add);
        return Answers.json(201, review, List.of());
    }

    private Response access(Request request) throws Exception {
        ObjectNode review = Bodies.object(request, false);
        JsonNode resource = review.at("/spec/resourceAttributes");
        JsonNode path = review.at("/spec/nonResourceAttributes");
        if (resource.isMissingNode() == path.isMissingNode()) {
            throw ApiException.badRequest("spec: expected either resourceAttributes or nonResourceAttributes");
        }
        AccessRequest access = resource.isMissingNode()
                ? AccessRequest.ofPath(
                        path.path("verb").asText(), path.path("path").asText())
                : new AccessRequest(
                        resource.path("verb").asText(),
                        resource.path("group").asText(),
                        resource.path("resource").asText(),
                        resource.path("subresource").asText(),
                        resource.hasNonNull("namespace")
                                ? resource.path("namespace").asText()
                                : null,
                        resource.hasNonNull("name") ? resource.path("name").asText() : null,
                        "");
        identify(review, "authorization.k8s.io/v1", "SelfSubjectAccessReview");
        review.putObject("status").put("allowed", authorizer.allows(request.user(), access));
        return Answers.json(201, review, List.of());
    }

    private Response rules(Request request) throws Exception {
        ObjectNode review = Bodies.object(request, false);
        String namespace = review.at("/spec/namespace").asText();
        if (namespace.isEmpty()) {
            throw ApiException.badRequest("spec.namespace: Required value");
        }
        identify(review, "authorization.k8s.io/v1", "SelfSubjectRulesReview");
        ObjectNode status = review.putObject("status");
        resourceRules(status.putArray("resourceRules"), request.user(), namespace);
        pathRules(status.putArray("nonResourceRules"), request.user());
        status.put("incomplete", false);
        return Answers.json(201, review, List.of());
    }

    private static void identify(ObjectNode review, String apiVersion, String kind) {
        review.put("apiVersion", apiVersion).put("kind", kind);
    }

    private void resourceRules(ArrayNode rules, User user, String namespace) {
        if (allows(user, ANY, ANY, ANY, "", namespace)) {
            rule(rules, List.of(ANY), List.of(ANY), List.of(ANY));
            return;
        }
        rule(
                rules,
                List.of("create"),
                List.of("authentication.k8s.io", "authorization.k8s.io"),
                List.of("selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"));
        for (ServedKind kind : kinds.all()) {
            String group = kind.version().group();
            Map<String, List<String>> allowed = new LinkedHashMap<>();
            resources(kind)
                    .forEach((resource, subresource) -> allowed.put(
                            resource,
                            VERBS.stream()
                                    .filter(verb -> allows(
                                            user, verb, group, kind.kind().plural(), subresource, namespace))
                                    .toList()));
            allowed.forEach((resource, verbs) -> {
                if (!verbs.isEmpty()) {
                    rule(rules, verbs, List.of(group), List.of(resource));
                }
            });
        }
    }

    /** A kind's resource and its subresources, with the latter's names. */
    private static Map<String, String> resources(ServedKind kind) {
        List<String> subresources = new ArrayList<>(kind.kind().otherSubresources());
        if (kind.kind().hasStatus()) {
            subresources.add("status");
        }
        if (kind.kind().scale() != null) {
            subresources.add("scale");
        }
        Map<String, String> resources = new LinkedHashMap<>();
        resources.put(kind.kind().plural(), "");
        subresources.stream().sorted().forEach(name -> resources.put(kind.kind().plural() + "/" + name, name));
        return resources;
    }

    private void pathRules(ArrayNode rules, User user) {
        if (authorizer.allows(user, AccessRequest.ofPath(ANY, ANY))) {
            pathRule(rules, List.of(ANY), List.of(ANY));
            return;
        }
        List<String> allowed = new ArrayList<>();
        for (String path : PATHS) {
            if (authorizer.allows(user, AccessRequest.ofPath("get", path))) {
                allowed.add(path);
            }
            if (authorizer.allows(user, AccessRequest.ofPath("get", path + "/" + ANY))) {
                allowed.add(path + "/" + ANY);
            }
        }
        if (!allowed.isEmpty()) {
            pathRule(rules, List.of("get"), allowed);
        }
    }

    private boolean allows(
            User user, String verb, String group, String resource, String subresource, String namespace) {
        return authorizer.allows(user, new AccessRequest(verb, group, resource, subresource, namespace, null, ""));
    }

    private static void rule(ArrayNode rules, List<String> verbs, List<String> groups, List<String> resources) {
        ObjectNode rule = rules.addObject();
        add(rule, "verbs", verbs);
        add(rule, "apiGroups", groups);
        add(rule, "resources", resources);
    }

    private static void pathRule(ArrayNode rules, List<String> verbs, List<String> paths) {
        ObjectNode rule = rules.addObject();
        add(rule, "verbs", verbs);
        add(rule, "nonResourceURLs", paths);
    }

    private static void add(ObjectNode rule, String field, List<String> values) {
        ArrayNode list = rule.putArray(field);
        values.forEach(list::add);
    }
}
