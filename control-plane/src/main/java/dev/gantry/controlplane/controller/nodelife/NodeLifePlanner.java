package dev.gantry.controlplane.controller.nodelife;

import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.PODS;

import dev.gantry.controlplane.controller.runtime.Action;
import dev.gantry.controlplane.controller.runtime.Circumstances;
import dev.gantry.controlplane.controller.runtime.ObjectName;
import dev.gantry.controlplane.controller.runtime.Plan;
import dev.gantry.controlplane.controller.runtime.Planner;
import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.controller.runtime.PodsByNode;
import dev.gantry.controlplane.controller.runtime.Times;
import dev.gantry.controlplane.event.Severity;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Plans one node: Ready becomes Unknown when it is silent, NoExecute taints follow the condition, and pods leave when their tolerations end. Nothing is
 * written while nothing changes. The key is the node's name; an empty one is the pulse.
 */
public final class NodeLifePlanner implements Planner<String> {
    /** The taint that says that a node was fenced: it is certain that nothing runs there any more (Kubernetes' non-graceful node shutdown). */
    public static final String FENCED = "node.kubernetes.io/out-of-service";

    private static final String PULSE = "";
    private static final Duration PULSE_EVERY = Duration.ofSeconds(1);
    private static final Duration LOOK_AT_SILENT = Duration.ofSeconds(5);

    private final Hearing hearing;
    private final Tolerance tolerance;
    private final PodsByNode podsByNode = new PodsByNode();
    private final AtomicBoolean alarmed = new AtomicBoolean();

    /**
     * @param notReadyAfter how long a node may be silent
     * @param evictAfter how long pods stay on a node that is not ready, unless they say otherwise
     */
    public NodeLifePlanner(HeardNodes heardNodes, Duration notReadyAfter, Duration evictAfter) {
        this.hearing = new Hearing(heardNodes, notReadyAfter);
        this.tolerance = new Tolerance(evictAfter);
    }

    @Override
    public String name() {
        return "node-controller";
    }

    @Override
    public void subscribe(Subscriptions<String> subscriptions) {
        hearing.begin();
        podsByNode.clear();
        alarmed.set(false);
        subscriptions.enqueue(PULSE);
        subscriptions.watch(PODS, (before, after) -> {
            podsByNode.changed(before, after);
            if (after != null && Pods.isAssigned(after) && (before == null || !Pods.isAssigned(before))) {
                subscriptions.enqueue(after.getSpec().getNodeName());
            }
        });
        subscriptions.watch(NODES, (before, after) -> {
            if (after != null) {
                hearing.add(after.getMetadata().getName());
                subscriptions.enqueue(after.getMetadata().getName());
            } else if (before != null) {
                hearing.remove(before.getMetadata().getName());
            }
        });
    }

    @Override
    public Plan plan(String name, ClusterObjects objects, Circumstances circumstances) {
        Instant now = circumstances.now();
        Instant from = hearing.pulse(now, circumstances.termBegan());
        if (name.equals(PULSE)) {
            return Plan.after(PULSE_EVERY);
        }
        Optional<Node> found = objects.get(NODES, null, name);
        if (found.isEmpty()) {
            return Plan.nothing();
        }
        Node node = found.get();
        Plan.Builder plan = Plan.builder();
        Duration untilSilent = hearing.untilSilent(name, from, now);
        boolean silent = !untilSilent.isPositive();
        plan.lookAgainIn(silent ? LOOK_AT_SILENT : untilSilent);
        if (silent && !"Unknown".equals(ready(node))) {
            return markUnknown(node, now, plan).build();
        }
        if (setTaints(node, silent, now)) {
            return plan.add(new Action.Update<>(NODES, node)).build();
        }
        List<Pod> pods = podsByNode.on(name).stream()
                .flatMap(pod -> objects.get(PODS, pod.namespace(), pod.name()).stream())
                .filter(pod -> name.equals(pod.getSpec().getNodeName()))
                .toList();
        planPods(new Silence(node, silent, from, now), pods, plan);
        return plan.build();
    }

    private record Silence(Node node, boolean silent, Instant from, Instant now) {
        boolean fenced() {
            return taints(node).stream().anyMatch(taint -> taint.getKey().equals(FENCED));
        }
    }

    private void planPods(Silence silence, List<Pod> pods, Plan.Builder plan) {
        List<Pod> toldSo = new ArrayList<>();
        List<Action> evictions = new ArrayList<>();
        for (Pod pod : pods) {
            boolean mustWait = silence.silent() && !silence.fenced() && AtMostOne.applies(pod);
            boolean due = isDue(pod, silence, plan);
            if (UnreachablePods.describe(pod, silence.silent(), due && mustWait, silence.node(), silence.now())) {
                toldSo.add(pod);
            } else if (due && !mustWait) {
                evictions.addAll(evict(pod, silence));
            }
        }
        if (!toldSo.isEmpty()) {
            plan.add(new Action.UpdateStatus<>(PODS, toldSo));
        }
        if (evictions.isEmpty()) {
            return;
        }
        Hearing.Crowd crowd = hearing.crowd(silence.from(), silence.now());
        if (!crowd.doubtful() || silence.fenced() || !silence.silent()) {
            alarmed.compareAndSet(true, crowd.doubtful());
            evictions.forEach(plan::add);
        } else if (!alarmed.getAndSet(true)) {
            String message =
                    "%d of %d nodes can't be heard. That is more than half, so the fault may be on the control plane's side: no pod is"
                                    .formatted(crowd.silent(), crowd.all())
                            + " evicted until nodes return; delete or fence nodes that are really lost";
            plan.add(new Action.Report(silence.node(), Severity.WARNING, "EvictionStopped", message));
        }
    }

    private boolean isDue(Pod pod, Silence silence, Plan.Builder plan) {
        if (Pods.isTerminal(pod) && !silence.fenced()) {
            return false;
        }
        if (silence.fenced() && silence.silent()) {
            return true;
        }
        Optional<Instant> until = Pods.isTerminating(pod)
                ? Optional.empty()
                : tolerance.until(pod, taints(silence.node()), silence.from());
        if (until.isEmpty()) {
            return false;
        }
        Duration left = Duration.between(silence.now(), until.get());
        if (left.isPositive()) {
            plan.lookAgainIn(left);
        }
        return !left.isPositive();
    }

    /** On a fenced node nobody is left to confirm the end. */
    private static List<Action> evict(Pod pod, Silence silence) {
        Long grace = silence.fenced() && silence.silent() ? 0L : null;
        DeleteOptions options = new DeleteOptions(pod.getMetadata().getUid(), grace, null);
        String message = "Evicting the pod: node %s is %s"
                .formatted(
                        silence.node().getMetadata().getName(),
                        silence.fenced() ? "fenced" : silence.silent() ? "unreachable" : "tainted");
        return List.of(
                new Action.Delete<>(PODS, ObjectName.of(pod), options),
                new Action.Report(pod, Severity.NORMAL, "TaintManagerEviction", message));
    }

    private static Plan.Builder markUnknown(Node node, Instant now, Plan.Builder plan) {
        NodeStatus status = node.getStatus() == null ? new NodeStatus() : node.getStatus();
        List<NodeCondition> conditions =
                new ArrayList<>(status.getConditions() == null ? List.of() : status.getConditions());
        NodeConditionBuilder ready = conditions.stream()
                .filter(condition -> condition.getType().equals("Ready"))
                .findFirst()
                .map(NodeConditionBuilder::new)
                .orElse(new NodeConditionBuilder().withType("Ready"));
        conditions.removeIf(condition -> condition.getType().equals("Ready"));
        conditions.add(ready.withStatus("Unknown")
                .withReason("NodeStatusUnknown")
                .withMessage("The node's agent has not been heard.")
                .withLastTransitionTime(Times.format(now))
                .build());
        status.setConditions(conditions);
        node.setStatus(status);
        String message = "Node %s status is now: NodeNotReady"
                .formatted(node.getMetadata().getName());
        return plan.add(Action.UpdateStatus.of(NODES, node))
                .add(new Action.Report(node, Severity.NORMAL, "NodeNotReady", message));
    }

    private static String ready(Node node) {
        if (node.getStatus() == null || node.getStatus().getConditions() == null) {
            return "";
        }
        return node.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals("Ready"))
                .map(NodeCondition::getStatus)
                .findFirst()
                .orElse("");
    }

    /** A node that is heard again but has not said yet how it is keeps its taints. */
    private static boolean setTaints(Node node, boolean silent, Instant now) {
        String ready = ready(node);
        if (!silent && ready.equals("Unknown")) {
            return false;
        }
        String wanted = silent ? Tolerance.UNREACHABLE : ready.equals("False") ? Tolerance.NOT_READY : "";
        List<Taint> taints = new ArrayList<>(taints(node));
        boolean changed = taints.removeIf(taint -> Tolerance.isOurs(taint)
                && "NoExecute".equals(taint.getEffect())
                && !taint.getKey().equals(wanted));
        boolean there = taints.stream()
                .anyMatch(taint -> taint.getKey().equals(wanted) && "NoExecute".equals(taint.getEffect()));
        if (!wanted.isEmpty() && !there) {
            taints.add(new TaintBuilder()
                    .withKey(wanted)
                    .withEffect("NoExecute")
                    .withTimeAdded(Times.format(now))
                    .build());
            changed = true;
        }
        if (changed) {
            if (node.getSpec() == null) {
                node.setSpec(new NodeSpec());
            }
            node.getSpec().setTaints(taints);
        }
        return changed;
    }

    private static List<Taint> taints(Node node) {
        return node.getSpec() == null || node.getSpec().getTaints() == null
                ? List.of()
                : node.getSpec().getTaints();
    }
}
