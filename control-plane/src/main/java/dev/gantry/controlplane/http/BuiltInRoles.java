package dev.gantry.controlplane.http;

import java.util.Set;

/**
 * The three roles that every cluster has: administrators and control planes may do everything, a node may hold its own session and streams, pull
 * from the registry and push content by its digest, and reads no API object at all (its specs reach it resolved, over the session). Everyone who is known may look at the discovery documents.
 */
public final class BuiltInRoles implements Authorizer {
    public static final String ADMINISTRATORS = "gantry:administrators";
    public static final String CONTROL_PLANES = "gantry:control-planes";
    public static final String NODES = "system:nodes";

    private static final Set<String> DISCOVERY =
            Set.of("/version", "/api", "/apis", "/openapi", "/healthz", "/livez", "/readyz");
    private static final Set<String> NODE_SERVICES = Set.of("/gantry.node.v1.", "/gantry.build.v1.", "/csi.v1.");
    private static final String REGISTRY = "/v2/";
    private static final String MANIFESTS = "/manifests/";

    @Override
    public boolean allows(User user, AccessRequest request) {
        if (user.isIn(ADMINISTRATORS) || user.isIn(CONTROL_PLANES)) {
            return true;
        }
        if (request.isResource()) {
            return isQuestionAboutOneself(request) && !user.equals(User.ANONYMOUS);
        }
        if (user.isIn(NODES) && (NODE_SERVICES.stream().anyMatch(request.path()::startsWith) || isContent(request))) {
            return true;
        }
        return !user.equals(User.ANONYMOUS) && isDiscovery(request);
    }

    /** Content of the registry under its digest. What a name means, and that something is removed, is not for a node to say. */
    private static boolean isContent(AccessRequest request) {
        if (!request.path().startsWith(REGISTRY) || request.verb().equals("delete")) {
            return false;
        }
        int manifest = request.path().lastIndexOf(MANIFESTS);
        return !request.verb().equals("put")
                || manifest < 0
                || request.path().startsWith("sha256:", manifest + MANIFESTS.length());
    }

    private static boolean isQuestionAboutOneself(AccessRequest request) {
        return request.verb().equals("create")
                && (request.group().equals("authorization.k8s.io")
                        || request.group().equals("authentication.k8s.io"))
                && request.resource().startsWith("selfsubject");
    }

    private static boolean isDiscovery(AccessRequest request) {
        return request.verb().equals("get")
                && DISCOVERY.stream()
                        .anyMatch(path ->
                                request.path().equals(path) || request.path().startsWith(path + "/"));
    }
}
