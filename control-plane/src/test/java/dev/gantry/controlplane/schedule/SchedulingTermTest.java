package dev.gantry.controlplane.schedule;

import static dev.gantry.controlplane.resource.Resources.EVENTS;
import static dev.gantry.controlplane.resource.Resources.IMAGES;
import static dev.gantry.controlplane.resource.Resources.NODES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.controlplane.controller.runtime.InMemoryObjects;
import dev.gantry.controlplane.controller.runtime.Manifests;
import dev.gantry.controlplane.controller.runtime.Pods;
import dev.gantry.controlplane.controller.runtime.VirtualClock;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.controlplane.resource.model.Image;
import dev.gantry.controlplane.resource.model.ImageStatus;
import dev.gantry.controlplane.store.Fence;
import io.fabric8.kubernetes.api.model.ContainerImage;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulingTermTest {
    private static final Fence FENCE = new Fence(1);
    private final VirtualClock clock = new VirtualClock();
    private final InMemoryObjects objects = new InMemoryObjects(clock);
    private SchedulingTerm term = begin();

    private SchedulingTerm begin() {
        SchedulingTerm begun = new SchedulingTerm(objects, clock, FENCE, Runnable::run);
        begun.subscribe();
        return begun;
    }

    private void node(String name, String cpu) {
        objects.create(NODES, Manifests.node(name, cpu), FENCE);
    }

    private void pod(String name, String cpu) {
        Pod pod = Manifests.pod(name, Map.of());
        pod.getSpec()
                .getContainers()
                .getFirst()
                .setResources(new ResourceRequirementsBuilder()
                        .withRequests(Map.of("cpu", new Quantity(cpu)))
                        .build());
        objects.create(PODS, pod, FENCE);
    }

    private void settle() {
        while (term.step()) {
            // until nothing is due
        }
    }

    private Pod pod(String name) {
        return objects.get(PODS, "default", name).orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"web", "web:latest", "web:other@sha256:"})
    void prefersTheNodeThatHoldsTheImageUnderWhateverName(String written) {
        String digest = "sha256:" + "ab".repeat(32);
        for (String name : List.of("n1", "n2", "n3")) {
            Node node = Manifests.node(name, "2");
            if (name.equals("n2")) {
                node.getStatus().setImages(List.of(new ContainerImage(List.of("built:1", digest), 500L << 20)));
            }
            objects.create(NODES, node, FENCE);
        }
        Image record = new Image();
        record.getMetadata().setName(Image.objectName("web:latest"));
        ImageStatus status = new ImageStatus();
        status.setDigest(digest);
        record.setStatus(status);
        objects.create(IMAGES, record, FENCE);
        Pod pod = Manifests.pod("web", Map.of());
        pod.getSpec().getContainers().getFirst().setImage(written.replace("sha256:", digest));
        objects.create(PODS, pod, FENCE);
        settle();
        assertThat(pod("web").getSpec().getNodeName()).isEqualTo("n2");
    }

    @Test
    void bindsAPodAndSaysSo() {
        node("n1", "2");
        pod("web", "500m");
        settle();
        assertThat(pod("web").getSpec().getNodeName()).isEqualTo("n1");
        assertThat(Pods.condition(pod("web"), "PodScheduled").orElseThrow().getStatus())
                .isEqualTo("True");
        assertThat(objects.list(EVENTS, "default"))
                .anySatisfy(
                        event -> assertThat(event.getMessage()).isEqualTo("Successfully assigned default/web to n1"));
    }

    @Test
    void saysWhyAPodWaitsOnceAndBindsItWhenANodeComes() {
        node("n1", "1");
        pod("big", "1500m");
        settle();
        assertThat(Pods.condition(pod("big"), "PodScheduled").orElseThrow().getMessage())
                .isEqualTo("0 of 1 node fits: 1 lacks 1500m CPU (nearest: n1 lacks 500m)");
        assertThat(objects.list(EVENTS, "default"))
                .singleElement()
                .satisfies(event -> assertThat(event.getReason()).isEqualTo("FailedScheduling"));
        long writes = objects.writes();
        clock.advance(Duration.ofMinutes(2));
        settle();
        assertThat(objects.writes()).isEqualTo(writes);

        node("n2", "2");
        clock.advance(Duration.ofSeconds(10));
        settle();
        assertThat(pod("big").getSpec().getNodeName()).isEqualTo("n2");
    }

    @Test
    void aPodThatGoesWakesThoseThatWaitForItsRoom() {
        node("n1", "1");
        pod("first", "800m");
        settle();
        pod("second", "800m");
        settle();
        assertThat(Pods.isAssigned(pod("second"))).isFalse();
        objects.podRemoved("default", "first");
        clock.advance(Duration.ofSeconds(2));
        settle();
        assertThat(Pods.isAssigned(pod("second"))).isTrue();
    }

    @Test
    void anEventThatCannotHelpDoesNotWakeAnyone() {
        node("n1", "1");
        pod("big", "4");
        settle();
        clock.advance(Duration.ofSeconds(5));
        objects.edit(NODES, null, "n1", node -> node.getSpec().setUnschedulable(true));
        assertThat(term.step()).isFalse();
        objects.edit(NODES, null, "n1", node -> node.getSpec().setUnschedulable(false));
        assertThat(term.step()).isFalse();
    }

    @Test
    void countsBindingsThatHaveNotComeBackYet() {
        node("n1", "1");
        pod("first", "800m");
        term.step();
        objects.freezeCache();
        term.step();
        objects.thawCache();
        pod("second", "800m");
        settle();
        assertThat(Pods.isAssigned(pod("second"))).isFalse();
    }

    @Test
    void leavesPodsAloneThatAreGatedOrAnothersOrEnding() {
        node("n1", "4");
        Pod foreign = Manifests.pod("foreign", Map.of());
        foreign.getSpec().setSchedulerName("mine");
        objects.create(PODS, foreign, FENCE);
        Pod held = Manifests.pod("held", Map.of());
        held.getMetadata().setFinalizers(List.of("x/y"));
        objects.create(PODS, held, FENCE);
        objects.delete(PODS, "default", "held", DeleteOptions.of(null), FENCE);
        settle();
        assertThat(Pods.isAssigned(pod("foreign"))).isFalse();
        assertThat(Pods.isAssigned(pod("held"))).isFalse();
    }

    @Test
    void higherPriorityGoesFirst() {
        node("n1", "1");
        pod("low", "800m");
        Pod high = Manifests.pod("high", Map.of());
        high.getSpec().setPriority(1000);
        high.getSpec()
                .getContainers()
                .getFirst()
                .setResources(new ResourceRequirementsBuilder()
                        .withRequests(Map.of("cpu", new Quantity("800m")))
                        .build());
        objects.create(PODS, high, FENCE);
        settle();
        assertThat(Pods.isAssigned(pod("high"))).isTrue();
        assertThat(Pods.isAssigned(pod("low"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"schedule.bound", "schedule.explained"})
    void aCrashAfterAWriteLosesNoPod(String point) {
        node("n1", "1");
        pod("fits", "600m");
        pod("waits", "600m");
        try (ArmedCrash _ = CrashPoint.arm(point, 1)) {
            settle();
        } catch (SimulatedCrash _) {
            // what is left must be enough
        }
        term = begin();
        settle();
        assertThat(List.of(pod("fits"), pod("waits")).stream().filter(Pods::isAssigned))
                .hasSize(1);
    }

    @Property(tries = 80)
    void neverOvercommitsANodeAndNeverLeavesAPodThatFits(@ForAll long seed) {
        Random random = new Random(seed);
        SchedulingTermTest fresh = new SchedulingTermTest();
        Map<String, Integer> capacity = new HashMap<>();
        int made = 0;
        for (int move = 0; move < 40; move++) {
            switch (random.nextInt(5)) {
                case 0 -> {
                    String name = "n" + capacity.size();
                    capacity.put(name, 1 + random.nextInt(4));
                    fresh.node(name, String.valueOf(capacity.get(name)));
                }
                case 1, 2 -> fresh.pod("p" + made++, String.valueOf(1 + random.nextInt(3)));
                case 3 -> {
                    List<Pod> pods = fresh.objects.list(PODS, "default");
                    if (!pods.isEmpty()) {
                        fresh.objects.podRemoved(
                                "default",
                                pods.get(random.nextInt(pods.size()))
                                        .getMetadata()
                                        .getName());
                    }
                }
                default -> fresh.settle();
            }
        }
        fresh.clock.advance(Duration.ofMinutes(2));
        fresh.settle();
        Map<String, Integer> used = new HashMap<>();
        List<Pod> pods = fresh.objects.list(PODS, "default");
        pods.stream()
                .filter(Pods::isAssigned)
                .forEach(pod -> used.merge(pod.getSpec().getNodeName(), cpu(pod), Integer::sum));
        used.forEach((node, cpu) -> assertThat(cpu).isLessThanOrEqualTo(capacity.get(node)));
        pods.stream()
                .filter(pod -> !Pods.isAssigned(pod))
                .forEach(pod -> assertThat(capacity.entrySet())
                        .noneMatch(node -> node.getValue() - used.getOrDefault(node.getKey(), 0) >= cpu(pod)));
    }

    private static int cpu(Pod pod) {
        return (int) SchedulerRecords.pending(pod).requests().milliCpu() / 1000;
    }
}
