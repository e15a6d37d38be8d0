package dev.gantry.controlplane.dispatch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.controlplane.dispatch.Hold.HoldException;
import dev.gantry.wire.node.v1.EnvironmentVariable;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapKeySelector;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretKeySelector;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A container's environment: service variables, then {@code envFrom}, then {@code env}; a later one of the same name takes the earlier one's place. */
final class EnvironmentConverter {
    private static final Pattern NAME = Pattern.compile("[^=\\x00]+");

    private final Pod pod;
    private final String namespace;
    private final Sources sources;

    EnvironmentConverter(Pod pod, Sources sources) {
        this.pod = pod;
        this.namespace = pod.getMetadata().getNamespace();
        this.sources = sources;
    }

    List<EnvironmentVariable> convert(Container container) throws HoldException {
        Map<String, EnvironmentVariable> variables = new LinkedHashMap<>();
        if (!Boolean.FALSE.equals(pod.getSpec().getEnableServiceLinks())) {
            serviceVariables().forEach((name, value) -> put(variables, literal(name, value)));
        }
        for (EnvFromSource source : orEmpty(container.getEnvFrom())) {
            String prefix = source.getPrefix() == null ? "" : source.getPrefix();
            from(source).forEach((key, value) -> {
                if (NAME.matcher(prefix + key).matches()) {
                    put(variables, literal(prefix + key, value));
                }
            });
        }
        for (EnvVar variable : orEmpty(container.getEnv())) {
            Optional<EnvironmentVariable> resolved = resolve(container, variable);
            resolved.ifPresent(found -> put(variables, found));
        }
        return List.copyOf(variables.values());
    }

    private Optional<EnvironmentVariable> resolve(Container container, EnvVar variable) throws HoldException {
        EnvVarSource source = variable.getValueFrom();
        if (source == null) {
            return Optional.of(EnvironmentVariable.newBuilder()
                    .setName(variable.getName())
                    .setValue(variable.getValue() == null ? "" : variable.getValue())
                    .build());
        }
        if (source.getFieldRef() != null) {
            String path = source.getFieldRef().getFieldPath();
            var nodeField = PodFields.nodeField(path);
            return Optional.of(
                    nodeField.isPresent()
                            ? EnvironmentVariable.newBuilder()
                                    .setName(variable.getName())
                                    .setNodeField(nodeField.get())
                                    .build()
                            : literal(variable.getName(), PodFields.value(pod, path)));
        }
        if (source.getResourceFieldRef() != null) {
            return Optional.of(literal(
                    variable.getName(),
                    PodFields.resource(pod, container, source.getResourceFieldRef(), sources.nodeAllocatable())));
        }
        if (source.getConfigMapKeyRef() != null) {
            return configMapKey(source.getConfigMapKeyRef()).map(value -> literal(variable.getName(), value));
        }
        if (source.getSecretKeyRef() != null) {
            return secretKey(source.getSecretKeyRef()).map(value -> literal(variable.getName(), value));
        }
        throw new HoldException(
                "env %s has a source that this version does not know; expected fieldRef, resourceFieldRef, configMapKeyRef or secretKeyRef"
                        .formatted(variable.getName()));
    }

    private Optional<String> configMapKey(ConfigMapKeySelector selector) throws HoldException {
        boolean optional = Boolean.TRUE.equals(selector.getOptional());
        Optional<ConfigMap> configMap = sources.configMap(namespace, selector.getName());
        Optional<String> value = configMap.flatMap(
                found -> Optional.ofNullable(ConfigData.text(found).get(selector.getKey())));
        if (value.isEmpty() && !optional) {
            throw missing("ConfigMap", selector.getName(), selector.getKey(), configMap.isPresent());
        }
        return value;
    }

    private Optional<String> secretKey(SecretKeySelector selector) throws HoldException {
        boolean optional = Boolean.TRUE.equals(selector.getOptional());
        Optional<Secret> secret = sources.secret(namespace, selector.getName());
        Optional<String> value = secret.flatMap(
                        found -> Optional.ofNullable(ConfigData.of(found).get(selector.getKey())))
                .map(bytes -> new String(bytes, UTF_8));
        if (value.isEmpty() && !optional) {
            throw missing("Secret", selector.getName(), selector.getKey(), secret.isPresent());
        }
        return value;
    }

    private Map<String, String> from(EnvFromSource source) throws HoldException {
        if (source.getConfigMapRef() != null) {
            String name = source.getConfigMapRef().getName();
            Optional<ConfigMap> configMap = sources.configMap(namespace, name);
            if (configMap.isEmpty()
                    && !Boolean.TRUE.equals(source.getConfigMapRef().getOptional())) {
                throw missing("ConfigMap", name, null, false);
            }
            return configMap.map(ConfigData::text).orElse(Map.of());
        }
        if (source.getSecretRef() != null) {
            String name = source.getSecretRef().getName();
            Optional<Secret> secret = sources.secret(namespace, name);
            if (secret.isEmpty() && !Boolean.TRUE.equals(source.getSecretRef().getOptional())) {
                throw missing("Secret", name, null, false);
            }
            Map<String, String> values = new TreeMap<>();
            secret.ifPresent(found ->
                    ConfigData.of(found).forEach((key, bytes) -> values.put(key, new String(bytes, UTF_8))));
            return values;
        }
        return Map.of();
    }

    /** {NAME}_SERVICE_HOST and its kin, as Kubernetes' services page names them. */
    private Map<String, String> serviceVariables() {
        Map<String, String> variables = new TreeMap<>();
        for (Service service : sources.services(namespace)) {
            String address =
                    service.getSpec() == null ? null : service.getSpec().getClusterIP();
            if (address == null || address.isEmpty() || address.equals("None")) {
                continue;
            }
            List<ServicePort> ports = orEmpty(service.getSpec().getPorts());
            if (!ports.isEmpty()) {
                put(variables, upper(service.getMetadata().getName()), address, ports);
            }
        }
        return variables;
    }

    private static void put(Map<String, String> variables, String prefix, String address, List<ServicePort> ports) {
        variables.put(prefix + "_SERVICE_HOST", address);
        variables.put(
                prefix + "_SERVICE_PORT", Integer.toString(ports.getFirst().getPort()));
        variables.put(prefix + "_PORT", url(ports.getFirst(), address));
        for (ServicePort port : ports) {
            if (port.getName() != null && !port.getName().isEmpty()) {
                variables.put(prefix + "_SERVICE_PORT_" + upper(port.getName()), Integer.toString(port.getPort()));
            }
            String protocol = protocol(port);
            String stem = prefix + "_PORT_" + port.getPort() + "_" + protocol.toUpperCase(Locale.ROOT);
            variables.put(stem, url(port, address));
            variables.put(stem + "_PROTO", protocol);
            variables.put(stem + "_PORT", Integer.toString(port.getPort()));
            variables.put(stem + "_ADDR", address);
        }
    }

    private static String url(ServicePort port, String address) {
        return protocol(port) + "://" + address + ":" + port.getPort();
    }

    private static String protocol(ServicePort port) {
        return port.getProtocol() == null ? "tcp" : port.getProtocol().toLowerCase(Locale.ROOT);
    }

    private static String upper(String name) {
        return name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    static HoldException missing(String kind, String name, @Nullable String key, boolean exists) {
        return new HoldException(
                exists
                        ? "%s %s has no key %s; the container starts when it appears".formatted(kind, name, key)
                        : "%s %s not found; the container starts when it appears".formatted(kind, name));
    }

    private static EnvironmentVariable literal(String name, String value) {
        return EnvironmentVariable.newBuilder().setName(name).setLiteral(value).build();
    }

    private static void put(Map<String, EnvironmentVariable> variables, EnvironmentVariable variable) {
        variables.remove(variable.getName());
        variables.put(variable.getName(), variable);
    }

    private static <T> List<T> orEmpty(List<T> list) {
        return list == null ? new ArrayList<>() : list;
    }
}
