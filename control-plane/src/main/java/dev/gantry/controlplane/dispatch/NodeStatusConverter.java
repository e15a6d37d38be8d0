package dev.gantry.controlplane.dispatch;

import dev.gantry.wire.node.v1.NodeStatus;
import io.fabric8.kubernetes.api.model.ContainerImage;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a node says of itself, as Kubernetes' status says it. Times change only with what they are times of. Pure. */
final class NodeStatusConverter {
    private static final int IMAGES = 50;

    private NodeStatusConverter() {}

    static io.fabric8.kubernetes.api.model.NodeStatus report(
            Node node, String bootId, String agentVersion, NodeStatus reported, Instant now) {
        List<NodeAddress> addresses = new ArrayList<>();
        reported.getAddressesList().forEach(address -> addresses.add(new NodeAddress(address, "InternalIP")));
        addresses.add(new NodeAddress(
                reported.getHostname().isEmpty() ? node.getMetadata().getName() : reported.getHostname(), "Hostname"));
        Map<String, NodeCondition> conditions = conditions(node);
        reported.getConditionsList()
                .forEach(condition -> set(
                        conditions,
                        condition.getType(),
                        condition.getActive() ? "True" : "False",
                        condition.getReason(),
                        condition.getMessage(),
                        now));
        return before(node)
                .withAddresses(addresses)
                .withCapacity(amounts(reported.getCpuCapacityMilli(), reported.getMemoryCapacityBytes(), reported))
                .withAllocatable(
                        amounts(reported.getCpuAllocatableMilli(), reported.getMemoryAllocatableBytes(), reported))
                .withConditions(new ArrayList<>(conditions.values()))
                .withImages(images(reported))
                .withNewNodeInfo()
                .withArchitecture(NodeObjects.architecture(reported.getArchitecture()))
                .withBootID(bootId)
                .withContainerRuntimeVersion("gantry://" + agentVersion)
                .withKernelVersion(reported.getKernelVersion())
                .withKubeProxyVersion("")
                .withKubeletVersion(agentVersion)
                .withMachineID(reported.getMachineId())
                .withOperatingSystem("linux")
                .withOsImage(reported.getOsImage())
                .withSystemUUID(reported.getMachineId())
                .endNodeInfo()
                .build();
    }

    static io.fabric8.kubernetes.api.model.NodeStatus ready(Node node, Instant now) {
        Map<String, NodeCondition> conditions = conditions(node);
        set(conditions, "Ready", "True", "AgentReady", "the agent's session is open and its pods are known", now);
        return before(node).withConditions(new ArrayList<>(conditions.values())).build();
    }

    static boolean isReady(Node node) {
        NodeCondition ready = conditions(node).get("Ready");
        return ready != null && "True".equals(ready.getStatus());
    }

    private static NodeStatusBuilder before(Node node) {
        return node.getStatus() == null ? new NodeStatusBuilder() : new NodeStatusBuilder(node.getStatus());
    }

    private static Map<String, Quantity> amounts(long cpuMilli, long memoryBytes, NodeStatus reported) {
        Map<String, Quantity> amounts = new LinkedHashMap<>();
        amounts.put(
                "cpu",
                cpuMilli % 1000 == 0 ? new Quantity(Long.toString(cpuMilli / 1000)) : new Quantity(cpuMilli + "m"));
        amounts.put("memory", bytes(memoryBytes));
        amounts.put("pods", new Quantity(Long.toString(reported.getPodsCapacity())));
        amounts.put("ephemeral-storage", bytes(reported.getEphemeralStorageBytes()));
        return amounts;
    }

    private static Quantity bytes(long bytes) {
        return new Quantity(bytes / 1024 + "Ki");
    }

    private static List<ContainerImage> images(NodeStatus reported) {
        return reported.getImagesList().stream()
                .limit(IMAGES)
                .map(image -> {
                    List<String> names = new ArrayList<>(image.getNamesList());
                    names.add(image.getDigest());
                    return new ContainerImage(names, image.getBytes());
                })
                .toList();
    }

    private static Map<String, NodeCondition> conditions(Node node) {
        Map<String, NodeCondition> conditions = new LinkedHashMap<>();
        if (node.getStatus() != null && node.getStatus().getConditions() != null) {
            node.getStatus().getConditions().forEach(condition -> conditions.put(condition.getType(), condition));
        }
        return conditions;
    }

    private static void set(
            Map<String, NodeCondition> conditions,
            String type,
            String status,
            String reason,
            String message,
            Instant now) {
        NodeCondition before = conditions.get(type);
        String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
        String transition = before != null && status.equals(before.getStatus()) ? before.getLastTransitionTime() : time;
        if (before != null
                && status.equals(before.getStatus())
                && equal(reason, before.getReason())
                && equal(message, before.getMessage())) {
            return;
        }
        conditions.put(
                type,
                new NodeConditionBuilder()
                        .withType(type)
                        .withStatus(status)
                        .withReason(reason)
                        .withMessage(message)
                        .withLastHeartbeatTime(time)
                        .withLastTransitionTime(transition)
                        .build());
    }

    private static boolean equal(String text, @Nullable String other) {
        return text.equals(other == null ? "" : other);
    }
}
