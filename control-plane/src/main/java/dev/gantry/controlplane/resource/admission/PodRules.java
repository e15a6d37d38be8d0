package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.child;
import static dev.gantry.controlplane.resource.admission.Trees.objects;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.KindRules;
import dev.gantry.controlplane.resource.Problems;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Pods: hardly anything about a running one may change, and deletion leaves its containers time to end. */
public final class PodRules implements KindRules {
    private static final Set<String> FINAL_PHASES = Set.of("Succeeded", "Failed");

    @Override
    public void prepareCreate(ObjectNode pod) {
        ObjectNode status = pod.putObject("status");
        status.put("phase", "Pending");
    }

    @Override
    public void applyDefaults(ObjectNode pod) {
        PodDefaults.apply(child(pod, "spec"));
        PodDefaults.requestWhatIsLimited(child(pod, "spec"));
        if (pod.path("status").path("phase").asText().equals("Pending")) {
            child(pod, "status").put("qosClass", QualityOfService.of(pod.path("spec")));
        }
    }

    @Override
    public void validate(ObjectNode pod, Problems problems) {
        PodValidation.validate(pod.path("spec"), "spec", problems);
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode updated, Problems problems) {
        ObjectNode before = fixed(old);
        ObjectNode after = fixed(updated);
        if (!text(old.path("spec"), "nodeName").isEmpty()
                && !before.path("nodeName").equals(after.path("nodeName"))) {
            problems.forbidden("spec.nodeName", "a pod stays on its node: delete it, and let another one be placed");
        }
        before.remove("nodeName");
        after.remove("nodeName");
        if (!before.equals(after)) {
            problems.forbidden(
                    "spec",
                    "pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only additions to existing tolerations), `spec.terminationGracePeriodSeconds`");
        }
        for (JsonNode toleration : old.path("spec").path("tolerations")) {
            if (!contains(updated.path("spec").path("tolerations"), toleration)) {
                problems.forbidden(
                        "spec.tolerations", "existing tolerations can not be modified except their tolerationSeconds");
                break;
            }
        }
    }

    /** The spec without what may change. */
    private static ObjectNode fixed(ObjectNode pod) {
        ObjectNode spec = pod.path("spec").deepCopy();
        spec.remove(List.of("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"));
        for (String list : List.of("containers", "initContainers")) {
            objects(spec.path(list)).forEach(container -> container.remove("image"));
        }
        return spec;
    }

    private static boolean contains(JsonNode list, JsonNode wanted) {
        if (list instanceof ArrayNode) {
            for (JsonNode element : list) {
                if (same(element, wanted)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean same(JsonNode one, JsonNode other) {
        ObjectNode left = one.deepCopy();
        ObjectNode right = other.deepCopy();
        left.remove("tolerationSeconds");
        right.remove("tolerationSeconds");
        return left.equals(right);
    }

    @Override
    public void warn(ObjectNode pod, Consumer<String> warnings) {
        Unhonoured.warn(pod.path("spec"), "spec", warnings);
    }

    /** A pod that no node holds, or whose containers have all ended for good, goes at once. */
    @Override
    public long graceSeconds(ObjectNode pod, @Nullable Long wanted) {
        if (text(pod.path("spec"), "nodeName").isEmpty() || FINAL_PHASES.contains(text(pod.path("status"), "phase"))) {
            return 0;
        }
        return wanted != null
                ? wanted
                : pod.path("spec").path("terminationGracePeriodSeconds").asLong(30);
    }
}
