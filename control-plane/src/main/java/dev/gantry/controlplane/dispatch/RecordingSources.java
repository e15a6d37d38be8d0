package dev.gantry.controlplane.dispatch;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Remembers what was looked at, found or not. */
final class RecordingSources implements Sources {
    private final Sources sources;
    private final Set<Reference> references = new HashSet<>();

    RecordingSources(Sources sources) {
        this.sources = sources;
    }

    Set<Reference> references() {
        return Set.copyOf(references);
    }

    @Override
    public Optional<ConfigMap> configMap(String namespace, String name) {
        references.add(new Reference(Reference.Kind.CONFIG_MAP, namespace, name));
        return sources.configMap(namespace, name);
    }

    @Override
    public Optional<Secret> secret(String namespace, String name) {
        references.add(new Reference(Reference.Kind.SECRET, namespace, name));
        return sources.secret(namespace, name);
    }

    @Override
    public Optional<String> imageDigest(String canonicalName) {
        references.add(new Reference(Reference.Kind.IMAGE, "", canonicalName));
        return sources.imageDigest(canonicalName);
    }

    /** Not remembered: a container sees the services of the moment at which it was converted, as in Kubernetes. */
    @Override
    public List<Service> services(String namespace) {
        return sources.services(namespace);
    }

    @Override
    public Map<String, Quantity> nodeAllocatable() {
        return sources.nodeAllocatable();
    }
}
