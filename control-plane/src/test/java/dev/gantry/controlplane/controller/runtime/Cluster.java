package dev.gantry.controlplane.controller.runtime;

import static dev.gantry.controlplane.resource.Resources.PODS;

import dev.gantry.controlplane.store.Fence;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A cluster on virtual time: planners run until they rest, and the test plays the nodes. */
public final class Cluster {
    private static final int STEPS = 50_000;
    public final VirtualClock clock = new VirtualClock();
    public final InMemoryObjects objects = new InMemoryObjects(clock);
    public final Fence fence = new Fence(1);
    private final List<Reign<?>> reigns = new ArrayList<>();
    private final List<Planner<?>> planners = new ArrayList<>();

    public Cluster run(Planner<?> planner) {
        planners.add(planner);
        begin(planner);
        return this;
    }

    private <K> void begin(Planner<K> planner) {
        Reign<K> reign = new Reign<>(planner, objects, clock, fence, Runnable::run);
        reign.subscribe();
        reigns.add(reign);
    }

    /** All planners lose everything they knew and begin again, as after a crash. */
    public void restart() {
        reigns.forEach(Reign::close);
        reigns.clear();
        List.copyOf(planners).forEach(this::begin);
    }

    /** Steps until nothing is due now. */
    public void settle() {
        for (int i = 0; i < STEPS; i++) {
            boolean worked = false;
            for (Reign<?> reign : List.copyOf(reigns)) {
                worked |= reign.step();
            }
            if (!worked) {
                return;
            }
        }
        throw new AssertionError("the controllers don't come to rest");
    }

    public void advance(Duration duration) {
        clock.advance(duration);
        settle();
    }

    /** Lets time pass in steps of a second, so that everything that falls due on the way happens at its time. */
    public void pass(Duration duration) {
        for (long i = 0; i < duration.toSeconds(); i++) {
            advance(Duration.ofSeconds(1));
        }
    }

    public List<Pod> pods(String namespace) {
        return objects.list(PODS, namespace);
    }

    /** Plays the scheduler and the node: the pod runs there, ready. */
    public void makeReady(Pod pod, String node, String address) {
        objects.edit(PODS, pod.getMetadata().getNamespace(), pod.getMetadata().getName(), running -> {
            running.getSpec().setNodeName(node);
            running.setStatus(new PodStatusBuilder()
                    .withPhase("Running")
                    .withPodIP(address)
                    .withConditions(new PodConditionBuilder()
                            .withType("Ready")
                            .withStatus("True")
                            .withLastTransitionTime(Times.format(clock.instant()))
                            .build())
                    .build());
        });
    }
}
