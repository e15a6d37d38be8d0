package dev.gantry.controlplane.membership;

import static java.util.Objects.requireNonNull;

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
import java.util.List;
import java.util.function.Supplier;

/**
 * {@code /apis/gantry.dev/v1/controlplanes}, for administrators. GET lists those of the cluster, and which of them leads ({@code status.leader}); DELETE
 * of one takes it out for good: it was lost, or its state was removed.
 */
final class ControlPlaneRoutes {
    private static final String PATH = "/apis/gantry.dev/v1/controlplanes";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ControlPlanes members;
    private final Supplier<List<String>> leader;
    private final Authorizer authorizer;
    private final Removal removal;

    /** Takes one out of whatever else it is part of. */
    interface Removal {
        /** @throws ApiException when it must not be removed */
        void remove(int id) throws IOException, InterruptedException;
    }

    /** @param leader host:port of who leads, as last seen */
    ControlPlaneRoutes(ControlPlanes members, Supplier<List<String>> leader, Authorizer authorizer, Removal removal) {
        this.members = requireNonNull(members, "members is null");
        this.leader = requireNonNull(leader, "leader is null");
        this.authorizer = requireNonNull(authorizer, "authorizer is null");
        this.removal = requireNonNull(removal, "removal is null");
    }

    /** To be called before the routes of the generic API, which know no such resource. */
    void addTo(Routes routes) {
        routes.get(PATH, this::list);
        routes.add("DELETE", PATH + "/{id}", this::delete);
    }

    private Response list(Request request) throws IOException {
        authorize(request, "list");
        ObjectNode answer =
                JSON.createObjectNode().put("apiVersion", "gantry.dev/v1").put("kind", "ControlPlaneList");
        ArrayNode items = answer.putArray("items");
        List<String> leads = leader.get();
        for (ControlPlanes.Member member : members.list()) {
            ObjectNode item = items.addObject();
            item.putObject("metadata").put("name", Integer.toString(member.id()));
            item.putObject("spec").put("address", member.address());
            item.putObject("status").put("leader", leads.contains(member.address()));
        }
        return Response.json(200, JSON.writeValueAsBytes(answer));
    }

    private Response delete(Request request) throws IOException, InterruptedException {
        authorize(request, "delete");
        String name = request.pathParameter("id");
        ControlPlanes.Member member = members.list().stream()
                .filter(known -> Integer.toString(known.id()).equals(name))
                .findFirst()
                .orElseThrow(
                        () -> ApiException.notFound(new ApiException.Subject("gantry.dev", "controlplanes", name)));
        removal.remove(member.id());
        members.remove(member.id());
        return Response.json(200, StatusBody.success());
    }

    private void authorize(Request request, String verb) {
        authorizer.require(
                request.user(),
                new AccessRequest(verb, "gantry.dev", "controlplanes", "", null, null, PATH),
                "control planes");
    }
}
