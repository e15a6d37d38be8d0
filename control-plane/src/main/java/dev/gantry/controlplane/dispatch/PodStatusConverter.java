package dev.gantry.controlplane.dispatch;

import dev.gantry.wire.node.v1.ContainerState;
import dev.gantry.wire.node.v1.PodStatus;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodReadinessGate;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a node reports of a pod, as Kubernetes' status says it. Pure. */
final class PodStatusConverter {
    private PodStatusConverter() {}

    /**
     * The pod's new status. Conditions that are none of the node's stay; a condition keeps its transition time while its status stays.
     *
     * @param holds why containers wait, by name; they stand over what the node says of a waiting container
     */
    static io.fabric8.kubernetes.api.model.PodStatus convert(
            Pod pod, PodStatus reported, Map<String, Hold> holds, Instant now) {
        var before = pod.getStatus() == null ? new io.fabric8.kubernetes.api.model.PodStatus() : pod.getStatus();
        List<ContainerStatus> containers = containers(reported.getContainersList(), holds);
        PodStatusBuilder status = new PodStatusBuilder(before)
                .withPhase(phase(reported))
                .withReason(emptyToNull(reported.getReason()))
                .withMessage(emptyToNull(reported.getMessage()))
                .withInitContainerStatuses(containers(reported.getInitContainersList(), holds))
                .withContainerStatuses(containers)
                .withConditions(conditions(pod, before.getConditions(), reported, containers, now));
        if (reported.getStartedAtMillis() > 0) {
            status.withStartTime(time(reported.getStartedAtMillis()));
        }
        if (!reported.getHostAddress().isEmpty()) {
            status.withHostIP(reported.getHostAddress()).withHostIPs(new HostIP(reported.getHostAddress()));
        }
        boolean ended =
                reported.getPhase() == PodStatus.Phase.SUCCEEDED || reported.getPhase() == PodStatus.Phase.FAILED;
        if (reported.getAddressesCount() > 0) {
            status.withPodIP(reported.getAddresses(0))
                    .withPodIPs(
                            reported.getAddressesList().stream().map(PodIP::new).toList());
        } else if (!ended) {
            status.withPodIP(null).withPodIPs(List.of());
        }
        return status.build();
    }

    private static String phase(PodStatus reported) {
        return switch (reported.getPhase()) {
            case RUNNING -> "Running";
            case SUCCEEDED -> "Succeeded";
            case FAILED -> "Failed";
            default -> "Pending";
        };
    }

    private static List<ContainerStatus> containers(
            List<dev.gantry.wire.node.v1.ContainerStatus> reported, Map<String, Hold> holds) {
        return reported.stream()
                .map(status -> container(status, holds.get(status.getName())))
                .toList();
    }

    private static ContainerStatus container(dev.gantry.wire.node.v1.ContainerStatus reported, @Nullable Hold hold) {
        ContainerStatusBuilder status = new ContainerStatusBuilder()
                .withName(reported.getName())
                .withImage(reported.getImage().getName())
                .withImageID(reported.getImage().getDigest())
                .withReady(reported.getReady())
                .withStarted(reported.getStarted())
                .withRestartCount(reported.getRestartCount())
                .withState(state(reported.getState(), hold))
                .withLastState(state(reported.getLastTermination(), null));
        if (!reported.getContainerId().isEmpty()) {
            status.withContainerID(id(reported.getContainerId()));
        }
        return status.build();
    }

    private static io.fabric8.kubernetes.api.model.ContainerState state(ContainerState state, @Nullable Hold hold) {
        ContainerStateBuilder builder = new ContainerStateBuilder();
        switch (state.getStateCase()) {
            case RUNNING ->
                builder.withNewRunning()
                        .withStartedAt(time(state.getRunning().getStartedAtMillis()))
                        .endRunning();
            case TERMINATED -> {
                var terminated = state.getTerminated();
                builder.withNewTerminated()
                        .withExitCode(terminated.getExitCode())
                        .withSignal(terminated.getSignal() == 0 ? null : terminated.getSignal())
                        .withReason(emptyToNull(terminated.getReason()))
                        .withMessage(emptyToNull(terminated.getMessage()))
                        .withStartedAt(time(terminated.getStartedAtMillis()))
                        .withFinishedAt(time(terminated.getFinishedAtMillis()))
                        .withContainerID(terminated.getContainerId().isEmpty() ? null : id(terminated.getContainerId()))
                        .endTerminated();
            }
            case WAITING -> {
                var waiting = state.getWaiting();
                builder.withNewWaiting()
                        .withReason(hold == null ? emptyToNull(waiting.getReason()) : hold.reason())
                        .withMessage(hold == null ? emptyToNull(waiting.getMessage()) : hold.message())
                        .endWaiting();
            }
            case STATE_NOT_SET -> {
                return builder.build();
            }
        }
        return builder.build();
    }

    private static List<PodCondition> conditions(
            Pod pod,
            @Nullable List<PodCondition> before,
            PodStatus reported,
            List<ContainerStatus> containers,
            Instant now) {
        Map<String, PodCondition> conditions = new LinkedHashMap<>();
        if (before != null) {
            before.forEach(condition -> conditions.put(condition.getType(), condition));
        }
        boolean completed = reported.getPhase() == PodStatus.Phase.SUCCEEDED;
        boolean failed = reported.getPhase() == PodStatus.Phase.FAILED;
        List<String> unready = containers.stream()
                .filter(container -> !Boolean.TRUE.equals(container.getReady()))
                .map(ContainerStatus::getName)
                .toList();
        boolean containersReady = !completed && !failed && !containers.isEmpty() && unready.isEmpty();
        String ended = completed ? "PodCompleted" : failed ? "PodFailed" : null;
        String whyNot = ended != null ? ended : "ContainersNotReady";
        String message = ended != null ? null : "containers with unready status: " + unready;
        List<String> closedGates = closedGates(pod, conditions);
        new Conditions(conditions, now)
                .set("PodScheduled", true, null, null)
                .set("PodReadyToStartContainers", reported.getAddressesCount() > 0 && ended == null, ended, null)
                .set(
                        "Initialized",
                        reported.getInitialized(),
                        "ContainersNotInitialized",
                        "init containers have not all completed")
                .set("ContainersReady", containersReady, whyNot, message)
                .set(
                        "Ready",
                        containersReady && closedGates.isEmpty(),
                        containersReady ? "ReadinessGatesNotReady" : whyNot,
                        containersReady ? "readiness gates are not true: " + closedGates : message);
        return new ArrayList<>(conditions.values());
    }

    private static List<String> closedGates(Pod pod, Map<String, PodCondition> conditions) {
        List<PodReadinessGate> gates = pod.getSpec().getReadinessGates();
        return gates == null
                ? List.of()
                : gates.stream()
                        .map(PodReadinessGate::getConditionType)
                        .filter(type -> {
                            PodCondition condition = conditions.get(type);
                            return condition == null || !"True".equals(condition.getStatus());
                        })
                        .toList();
    }

    private record Conditions(Map<String, PodCondition> conditions, Instant now) {
        Conditions set(String type, boolean status, @Nullable String reason, @Nullable String message) {
            PodCondition before = conditions.get(type);
            String text = status ? "True" : "False";
            String transition =
                    before != null && text.equals(before.getStatus()) ? before.getLastTransitionTime() : null;
            conditions.put(
                    type,
                    new PodConditionBuilder()
                            .withType(type)
                            .withStatus(text)
                            .withReason(status ? null : reason)
                            .withMessage(status ? null : message)
                            .withLastProbeTime(null)
                            .withLastTransitionTime(
                                    transition != null
                                            ? transition
                                            : now.truncatedTo(ChronoUnit.SECONDS)
                                                    .toString())
                            .build());
            return this;
        }
    }

    private static String id(String containerId) {
        return "gantry://" + containerId;
    }

    private static @Nullable String time(long millis) {
        return millis == 0
                ? null
                : Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static @Nullable String emptyToNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
