package dev.gantry.controlplane.controller.endpointslice;

import static java.util.Objects.requireNonNullElse;

import dev.gantry.controlplane.controller.runtime.Pods;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Which endpoints a Service should have, grouped by what may share a slice: the family of addresses and the resolved ports. */
final class DesiredEndpoints {
    /** @param addressType IPv4 or IPv6 */
    record Group(String addressType, List<EndpointPort> ports) {}

    private DesiredEndpoints() {}

    static Map<Group, List<Endpoint>> of(Service service, List<Pod> selected) {
        Map<Group, List<Endpoint>> groups = new LinkedHashMap<>();
        boolean publishNotReady = Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses());
        selected.stream()
                .filter(DesiredEndpoints::belongs)
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
                .forEach(pod -> addresses(pod)
                        .forEach(address -> groups.computeIfAbsent(
                                        new Group(address.contains(":") ? "IPv6" : "IPv4", ports(service, pod)),
                                        _ -> new ArrayList<>())
                                .add(endpoint(service, pod, address, publishNotReady))));
        return groups;
    }

    private static boolean belongs(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getPodIP() != null
                && !pod.getStatus().getPodIP().isEmpty()
                && Pods.isActive(pod);
    }

    /** The first address of each family. */
    private static List<String> addresses(Pod pod) {
        Map<Boolean, String> byFamily = new LinkedHashMap<>();
        byFamily.put(pod.getStatus().getPodIP().contains(":"), pod.getStatus().getPodIP());
        if (pod.getStatus().getPodIPs() != null) {
            pod.getStatus()
                    .getPodIPs()
                    .forEach(ip -> byFamily.putIfAbsent(ip.getIp().contains(":"), ip.getIp()));
        }
        return List.copyOf(byFamily.values());
    }

    private static Endpoint endpoint(Service service, Pod pod, String address, boolean publishNotReady) {
        boolean ready = Pods.isReady(pod);
        EndpointBuilder endpoint = new EndpointBuilder()
                .withAddresses(address)
                .withNewConditions()
                .withReady(ready || publishNotReady)
                .withServing(ready)
                .withTerminating(false)
                .endConditions()
                .withNodeName(pod.getSpec().getNodeName())
                .withNewTargetRef()
                .withKind("Pod")
                .withNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .endTargetRef();
        String hostname = pod.getSpec().getHostname();
        if (hostname != null
                && !hostname.isEmpty()
                && service.getMetadata().getName().equals(pod.getSpec().getSubdomain())) {
            endpoint.withHostname(hostname);
        }
        return endpoint.build();
    }

    /** A port whose name the pod doesn't know is left out for this pod. */
    private static List<EndpointPort> ports(Service service, Pod pod) {
        List<EndpointPort> ports = new ArrayList<>();
        List<ServicePort> wanted = service.getSpec().getPorts() == null
                ? List.of()
                : service.getSpec().getPorts();
        for (ServicePort port : wanted) {
            target(port, pod)
                    .ifPresent(number -> ports.add(new EndpointPortBuilder()
                            .withName(requireNonNullElse(port.getName(), ""))
                            .withProtocol(protocol(port.getProtocol()))
                            .withPort(number)
                            .withAppProtocol(port.getAppProtocol())
                            .build()));
        }
        return List.copyOf(ports);
    }

    private static OptionalInt target(ServicePort port, Pod pod) {
        IntOrString target = port.getTargetPort();
        if (target == null) {
            return OptionalInt.of(port.getPort());
        }
        String name = target.getStrVal();
        if (name == null) {
            Integer number = target.getIntVal();
            return OptionalInt.of(number == null || number == 0 ? port.getPort() : number);
        }
        List<Container> inits = pod.getSpec().getInitContainers() == null
                ? List.of()
                : pod.getSpec().getInitContainers();
        return Stream.concat(
                        pod.getSpec().getContainers().stream(),
                        inits.stream().filter(init -> "Always".equals(init.getRestartPolicy())))
                .filter(container -> container.getPorts() != null)
                .flatMap(container -> container.getPorts().stream())
                .filter(declared -> name.equals(declared.getName())
                        && protocol(declared.getProtocol()).equals(protocol(port.getProtocol())))
                .mapToInt(ContainerPort::getContainerPort)
                .findFirst();
    }

    private static String protocol(@org.jspecify.annotations.Nullable String protocol) {
        return protocol == null || protocol.isEmpty() ? "TCP" : protocol;
    }
}
