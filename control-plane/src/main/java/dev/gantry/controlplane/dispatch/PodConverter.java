package dev.gantry.controlplane.dispatch;

import static java.util.Objects.requireNonNull;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.ContainerStatus;
import dev.gantry.wire.node.v1.Dns;
import dev.gantry.wire.node.v1.HostAlias;
import dev.gantry.wire.node.v1.HostPort;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.Protocol;
import dev.gantry.wire.node.v1.Resources;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodDNSConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The one place where a Kubernetes Pod becomes what a node gets: resolved, with nothing left to look up. Pure: the same pod, sources and reported status
 * give the same answer. Safe for use by many threads.
 */
final class PodConverter {
    private static final int HOSTNAME_LENGTH = 63;
    private static final int DEFAULT_GRACE_SECONDS = 30;

    private final String domain;
    private final String dnsAddress;

    PodConverter(ClusterSettings settings) {
        this.domain = settings.domain();
        this.dnsAddress = settings.dnsAddress();
    }

    /**
     * @param reported the node's latest word on the pod; null before the first
     * @param sent what it was sent last in this session; null before the first
     */
    ConvertedPod convert(Pod pod, Sources sources, @Nullable PodStatus reported, @Nullable Assignment sent) {
        RecordingSources recording = new RecordingSources(sources);
        VolumeConverter.Converted volumes = VolumeConverter.convert(pod, recording);
        ContainerConverter containers =
                new ContainerConverter(pod, recording, volumes.holds(), byName(reported), byName(sent));
        Map<String, Hold> holds = new HashMap<>();
        PodSpec.Builder spec =
                pod(pod).addAllVolumes(volumes.volumes()).addAllRegistryLogins(PullSecrets.logins(pod, recording));
        for (Container container : orEmpty(pod.getSpec().getInitContainers())) {
            spec.addInitContainers(note(containers.convert(container), holds));
        }
        for (Container container : orEmpty(pod.getSpec().getContainers())) {
            spec.addContainers(note(containers.convert(container), holds));
        }
        Assignment assignment = Assignment.newBuilder()
                .setPod(identity(pod))
                .setDesired(Assignment.DesiredState.RUNNING)
                .setSpec(spec)
                .build();
        return new ConvertedPod(assignment, volumes.files(), recording.references(), holds);
    }

    static PodIdentity identity(Pod pod) {
        return PodIdentity.newBuilder()
                .setUid(pod.getMetadata().getUid())
                .setNamespace(pod.getMetadata().getNamespace())
                .setName(pod.getMetadata().getName())
                .build();
    }

    private static ContainerSpec note(ContainerConverter.Converted converted, Map<String, Hold> holds) {
        if (converted.hold() != null) {
            holds.put(converted.spec().getName(), converted.hold());
        }
        return converted.spec();
    }

    private static Map<String, ContainerStatus> byName(@Nullable PodStatus reported) {
        Map<String, ContainerStatus> statuses = new HashMap<>();
        if (reported != null) {
            Stream.concat(reported.getInitContainersList().stream(), reported.getContainersList().stream())
                    .forEach(status -> statuses.put(status.getName(), status));
        }
        return statuses;
    }

    private static Map<String, ContainerSpec> byName(@Nullable Assignment sent) {
        Map<String, ContainerSpec> specs = new HashMap<>();
        if (sent != null) {
            Stream.concat(sent.getSpec().getInitContainersList().stream(), sent.getSpec().getContainersList().stream())
                    .forEach(spec -> specs.put(spec.getName(), spec));
        }
        return specs;
    }

    private PodSpec.Builder pod(Pod pod) {
        var from = pod.getSpec();
        boolean hostNetwork = Boolean.TRUE.equals(from.getHostNetwork());
        Long grace = from.getTerminationGracePeriodSeconds();
        PodSpec.Builder spec = PodSpec.newBuilder()
                .setRestartPolicy(restartPolicy(from.getRestartPolicy()))
                .setHostname(hostname(pod))
                .setUserNamespace(Boolean.FALSE.equals(from.getHostUsers()))
                .setHostNetwork(hostNetwork)
                .setDns(dns(pod, hostNetwork))
                .setResources(resources(pod))
                .setTerminationGraceSeconds(grace == null ? DEFAULT_GRACE_SECONDS : Math.toIntExact(grace));
        if (!hostNetwork) {
            spec.addAllHostPorts(hostPorts(pod));
        }
        orEmpty(from.getHostAliases())
                .forEach(alias -> spec.addHostAliases(HostAlias.newBuilder()
                        .setAddress(requireNonNull(alias.getIp()))
                        .addAllHostnames(orEmpty(alias.getHostnames()))));
        var security = from.getSecurityContext();
        if (security != null) {
            if (security.getFsGroup() != null) {
                spec.setFsGroup(security.getFsGroup());
            }
            spec.addAllSupplementalGroups(orEmpty(security.getSupplementalGroups()));
            orEmpty(security.getSysctls()).forEach(sysctl -> spec.putSysctls(sysctl.getName(), sysctl.getValue()));
        }
        return spec;
    }

    private String hostname(Pod pod) {
        String set = pod.getSpec().getHostname();
        String name = set == null || set.isEmpty() ? pod.getMetadata().getName() : set;
        if (name.length() > HOSTNAME_LENGTH) {
            name = name.substring(0, HOSTNAME_LENGTH).replaceAll("[-.]+$", "");
        }
        String subdomain = pod.getSpec().getSubdomain();
        return Boolean.TRUE.equals(pod.getSpec().getSetHostnameAsFQDN()) && subdomain != null && !subdomain.isEmpty()
                ? "%s.%s.%s.svc.%s".formatted(name, subdomain, pod.getMetadata().getNamespace(), domain)
                : name;
    }

    /** Empty lines mean the node's own resolver. */
    private Dns dns(Pod pod, boolean hostNetwork) {
        String policy = pod.getSpec().getDnsPolicy() == null
                ? "ClusterFirst"
                : pod.getSpec().getDnsPolicy();
        LinkedHashSet<String> nameservers = new LinkedHashSet<>();
        LinkedHashSet<String> searches = new LinkedHashSet<>();
        LinkedHashSet<String> options = new LinkedHashSet<>();
        if (policy.equals("ClusterFirstWithHostNet") || (policy.equals("ClusterFirst") && !hostNetwork)) {
            String namespace = pod.getMetadata().getNamespace();
            nameservers.add(dnsAddress);
            searches.addAll(List.of(namespace + ".svc." + domain, "svc." + domain, domain));
            options.add("ndots:5");
        }
        PodDNSConfig config = pod.getSpec().getDnsConfig();
        if (config != null) {
            nameservers.addAll(orEmpty(config.getNameservers()));
            searches.addAll(orEmpty(config.getSearches()));
            orEmpty(config.getOptions()).forEach(option -> {
                String name = option.getName();
                options.removeIf(known -> known.equals(name) || known.startsWith(name + ":"));
                options.add(option.getValue() == null ? name : name + ":" + option.getValue());
            });
        }
        return Dns.newBuilder()
                .addAllNameservers(nameservers)
                .addAllSearches(searches)
                .addAllOptions(options)
                .build();
    }

    private static List<HostPort> hostPorts(Pod pod) {
        List<HostPort> ports = new ArrayList<>();
        for (Container container : PodFields.allContainers(pod)) {
            for (ContainerPort port : orEmpty(container.getPorts())) {
                if (port.getHostPort() != null && port.getHostPort() > 0) {
                    ports.add(HostPort.newBuilder()
                            .setHostAddress(hostAddress(port.getHostIP()))
                            .setHostPort(port.getHostPort())
                            .setContainerPort(port.getContainerPort())
                            .setProtocol("UDP".equals(port.getProtocol()) ? Protocol.UDP : Protocol.TCP)
                            .build());
                }
            }
        }
        return ports;
    }

    private static String hostAddress(@Nullable String address) {
        return address == null || address.equals("0.0.0.0") || address.equals("::") ? "" : address;
    }

    /**
     * The pod's own cgroup, over containers and sidecars, or the largest init container where that needs more. A limit is one only when every container
     * has a limit.
     */
    private static Resources resources(Pod pod) {
        return Resources.newBuilder()
                .setCpuRequestMilli(total(pod, Amounts::cpuRequestMilli, false))
                .setCpuLimitMilli(total(pod, Amounts::cpuLimitMilli, true))
                .setMemoryRequestBytes(total(pod, Amounts::memoryRequestBytes, false))
                .setMemoryLimitBytes(total(pod, Amounts::memoryLimitBytes, true))
                .build();
    }

    private static long total(Pod pod, ToLongFunction<Container> amount, boolean all) {
        List<Container> containers = PodFields.allContainers(pod);
        if (all && containers.stream().anyMatch(container -> amount.applyAsLong(container) == 0)) {
            return 0;
        }
        List<Container> init = orEmpty(pod.getSpec().getInitContainers());
        long sidecars =
                init.stream().filter(PodConverter::isSidecar).mapToLong(amount).sum();
        long largest = init.stream()
                .filter(container -> !isSidecar(container))
                .mapToLong(amount)
                .max()
                .orElse(0);
        long together = orEmpty(pod.getSpec().getContainers()).stream()
                .mapToLong(amount)
                .sum();
        return sidecars + Math.max(together, largest);
    }

    private static boolean isSidecar(Container container) {
        return "Always".equals(container.getRestartPolicy());
    }

    private static PodSpec.RestartPolicy restartPolicy(@Nullable String policy) {
        return switch (policy == null ? "Always" : policy) {
            case "Never" -> PodSpec.RestartPolicy.NEVER;
            case "OnFailure" -> PodSpec.RestartPolicy.ON_FAILURE;
            default -> PodSpec.RestartPolicy.ALWAYS;
        };
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
