package dev.gantry.scheduler.filter;

import static java.util.stream.Collectors.joining;

import dev.gantry.scheduler.Filter;
import dev.gantry.scheduler.NodeState;
import dev.gantry.scheduler.PendingPod;
import dev.gantry.scheduler.Reason;
import dev.gantry.scheduler.Rejection;
import java.util.List;
import java.util.Map;

/** Every label of the pod's node selector must be on the node. */
public final class NodeSelectorFilter implements Filter {
    @Override
    public List<Rejection> rejections(PendingPod pod, NodeState node) {
        Map<String, String> labels = node.facts().labels();
        boolean matches = pod.nodeSelector().entrySet().stream()
                .allMatch(wanted -> wanted.getValue().equals(labels.get(wanted.getKey())));
        if (matches) {
            return List.of();
        }
        String selector = pod.nodeSelector().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(joining(","));
        return List.of(new Rejection.Unfit(Reason.NODE_SELECTOR, selector));
    }
}
