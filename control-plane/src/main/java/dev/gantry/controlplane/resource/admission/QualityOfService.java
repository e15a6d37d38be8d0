package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** The class that a pod's requests and limits put it in (Kubernetes, "Pod Quality of Service Classes"). */
final class QualityOfService {
    private QualityOfService() {}

    static String of(JsonNode spec) {
        List<ObjectNode> containers = new ArrayList<>(objects(spec.path("containers")));
        containers.addAll(objects(spec.path("initContainers")));
        boolean none = true;
        boolean guaranteed = true;
        for (ObjectNode container : containers) {
            JsonNode resources = container.path("resources");
            for (String resource : List.of("cpu", "memory")) {
                JsonNode request = resources.path("requests").path(resource);
                JsonNode limit = resources.path("limits").path(resource);
                none &= request.isMissingNode() && limit.isMissingNode();
                guaranteed &= !limit.isMissingNode()
                        && (request.isMissingNode() || Amounts.parse(request).equals(Amounts.parse(limit)));
            }
        }
        if (none) {
            return "BestEffort";
        }
        return guaranteed ? "Guaranteed" : "Burstable";
    }
}
