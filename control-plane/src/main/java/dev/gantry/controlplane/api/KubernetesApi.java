package dev.gantry.controlplane.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.api.openapi.OpenApiHandler;
import dev.gantry.controlplane.http.Authorizer;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.stream.NodeStreams;
import java.util.List;
import java.util.function.BooleanSupplier;

/** All routes of the Kubernetes API. */
public final class KubernetesApi {
    /** Paths that need no credentials: health and version, for load balancers and clients that only look. */
    public static final List<String> OPEN_PATHS = List.of("/healthz", "/livez", "/readyz", "/version");

    private final ResourceEngine engine;
    private final Authorizer authorizer;
    private final NodeStreams streams;
    private final BooleanSupplier ready;
    private final String version;

    /**
     * @param ready whether reads are current
     * @param version of this build, such as 0.1.0
     */
    public KubernetesApi(
            ResourceEngine engine, Authorizer authorizer, NodeStreams streams, BooleanSupplier ready, String version) {
        this.engine = requireNonNull(engine, "engine is null");
        this.authorizer = requireNonNull(authorizer, "authorizer is null");
        this.streams = requireNonNull(streams, "streams is null");
        this.ready = requireNonNull(ready, "ready is null");
        this.version = requireNonNull(version, "version is null");
    }

    /** Adds the routes; those of particular paths of {@code /apis} must have been added before. */
    public void addTo(Routes routes) {
        DiscoveryHandler discovery = new DiscoveryHandler(engine.kinds());
        routes.get("/healthz", request -> Response.text(200, "ok"));
        routes.get("/livez", request -> Response.text(200, "ok"));
        routes.get(
                "/readyz",
                request -> ready.getAsBoolean()
                        ? Response.text(200, "ok")
                        : Response.text(503, "the store is not reachable: reads may be stale"));
        routes.get("/version", this::version);
        new OpenApiHandler(engine.kinds(), version).addTo(routes);
        routes.get("/api", discovery::coreVersions);
        routes.get("/api/{version}", discovery::core);
        routes.get("/apis", discovery::groups);
        routes.post("/apis/gantry.dev/v1/builds", new BuildHandler(authorizer, streams));
        new SelfReviews(authorizer, engine.kinds()).addTo(routes);
        routes.get("/apis/{group}", discovery::oneGroup);
        routes.get("/apis/{group}/{version}", discovery::named);
        ResourceHandler resources = new ResourceHandler(engine, authorizer, new PodSubresources(engine, streams));
        routes.add("*", "/api/**", resources);
        routes.add("*", "/apis/**", resources);
    }

    private Response version(Request request) {
        ObjectNode answer = Json.object();
        answer.put("major", "1")
                .put("minor", "35")
                .put("gitVersion", "v1.35.0+gantry-" + version)
                .put("gitCommit", "")
                .put("gitTreeState", "clean")
                .put("goVersion", "")
                .put("compiler", "javac")
                .put("platform", "linux/" + System.getProperty("os.arch"));
        return Answers.json(answer);
    }
}
