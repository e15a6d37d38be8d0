package dev.gantry.controlplane.resource.schema;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What belongs together when several managers own parts of an object (Kubernetes, "Server-Side Apply", "Merge strategy"): a list or an object is one
 * value (atomic), a list is a set of values, or a list is a map of elements by some of their fields. Lists that are not named here are atomic; maps and
 * objects that are not are merged field by field. Fields are named with the class that has them.
 */
public final class ListTypes {
    private static final List<String> NAME = List.of("name");
    private static final List<String> TYPE = List.of("type");

    private static final Map<String, List<String>> MAPS = Stream.of(
                    containers("Container"),
                    containers("EphemeralContainer"),
                    conditions("Namespace", "Node", "Pod", "Service", "Deployment", "ReplicaSet", "StatefulSet"),
                    conditions("DaemonSet", "ReplicationController", "PersistentVolumeClaim"),
                    conditions("PodDisruptionBudget", "HorizontalPodAutoscaler"),
                    Map.ofEntries(
                            Map.entry("ContainerStatus.allocatedResourcesStatus", NAME),
                            Map.entry("ContainerStatus.volumeMounts", List.of("mountPath")),
                            Map.entry("NodeStatus.addresses", TYPE),
                            Map.entry("ObjectMeta.ownerReferences", List.of("uid")),
                            Map.entry("PodSpec.containers", NAME),
                            Map.entry("PodSpec.ephemeralContainers", NAME),
                            Map.entry("PodSpec.hostAliases", List.of("ip")),
                            Map.entry("PodSpec.imagePullSecrets", NAME),
                            Map.entry("PodSpec.initContainers", NAME),
                            Map.entry("PodSpec.resourceClaims", NAME),
                            Map.entry("PodSpec.schedulingGates", NAME),
                            Map.entry("PodSpec.topologySpreadConstraints", List.of("topologyKey", "whenUnsatisfiable")),
                            Map.entry("PodSpec.volumes", NAME),
                            Map.entry("PodStatus.podIPs", List.of("ip")),
                            Map.entry("PodStatus.resourceClaimStatuses", NAME),
                            Map.entry("ResourceRequirements.claims", NAME),
                            Map.entry("ServiceAccount.secrets", NAME),
                            Map.entry("ServiceSpec.ports", List.of("port", "protocol"))))
            .flatMap(map -> map.entrySet().stream())
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

    private static final Set<String> SETS = Set.of("Endpoint.addresses", "NodeSpec.podCIDRs", "ObjectMeta.finalizers");

    private static final Set<String> ATOMIC_MAPS =
            Set.of("PodSpec.nodeSelector", "ReplicationControllerSpec.selector", "ServiceSpec.selector");

    private static final Set<String> ATOMIC_OBJECTS = Set.of(
            "ConfigMapKeySelector",
            "EndpointAddress",
            "EndpointPort",
            "FileKeySelector",
            "LabelSelector",
            "LocalObjectReference",
            "NodeSelector",
            "NodeSelectorTerm",
            "ObjectFieldSelector",
            "ObjectReference",
            "OwnerReference",
            "ResourceFieldSelector",
            "ScopeSelector",
            "SecretKeySelector",
            "SecretReference",
            "ServiceBackendPort",
            "TopologySelectorTerm",
            "TypedLocalObjectReference");

    /** What a key is when an element does not say: two ports that differ in nothing but UDP are two elements. */
    private static final Map<String, String> KEY_DEFAULTS = Map.of("protocol", "TCP");

    private ListTypes() {}

    private static Map<String, List<String>> containers(String name) {
        return Map.of(
                name + ".env", NAME,
                name + ".ports", List.of("containerPort", "protocol"),
                name + ".volumeDevices", List.of("devicePath"),
                name + ".volumeMounts", List.of("mountPath"));
    }

    private static Map<String, List<String>> conditions(String... kinds) {
        return Stream.of(kinds).collect(Collectors.toMap(kind -> kind + "Status.conditions", kind -> TYPE));
    }

    /** The fields by which a list's elements are told apart; null when it is no map. */
    public static @Nullable List<String> mapKeys(ModelType parent, String field) {
        return MAPS.get(parent.name() + "." + field);
    }

    /** What an element that lacks a key field has there; null for nothing. */
    public static @Nullable String keyDefault(String key) {
        return KEY_DEFAULTS.get(key);
    }

    public static boolean isSet(ModelType parent, String field) {
        return SETS.contains(parent.name() + "." + field);
    }

    /** Whether a field is one value although it holds a map or an object. */
    public static boolean isAtomic(ModelType parent, String field, ModelType type) {
        return switch (type.form()) {
            case MAP -> ATOMIC_MAPS.contains(parent.name() + "." + field);
            case OBJECT -> isAtomic(type);
            case LIST -> mapKeys(parent, field) == null && !isSet(parent, field);
            default -> true;
        };
    }

    /** Whether objects of a class are one value wherever they stand. */
    public static boolean isAtomic(ModelType type) {
        return type.form() == ModelType.Form.OBJECT && ATOMIC_OBJECTS.contains(type.name());
    }
}
