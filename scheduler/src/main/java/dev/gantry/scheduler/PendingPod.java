package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A pod that needs a node.
 *
 * @param owner the uid of its controller; empty for none
 * @param requests the effective request (see {@link PodResources})
 * @param nodeName the only node that may take it; null for any
 * @param requiredTerms one of them must match; empty for no such rule
 * @param images identities of the images of its containers, as nodes name those that they hold
 */
public record PendingPod(
        String uid,
        String namespace,
        String name,
        String owner,
        Resources requests,
        @Nullable String nodeName,
        Map<String, String> nodeSelector,
        List<NodeTerm> requiredTerms,
        List<NodeTerm.Weighted> preferredTerms,
        List<Toleration> tolerations,
        List<HostPort> hostPorts,
        List<String> images) {
    // Not the compact form: javac would not record for other modules that nodeName may be null.
    public PendingPod(
            String uid,
            String namespace,
            String name,
            String owner,
            Resources requests,
            @Nullable String nodeName,
            Map<String, String> nodeSelector,
            List<NodeTerm> requiredTerms,
            List<NodeTerm.Weighted> preferredTerms,
            List<Toleration> tolerations,
            List<HostPort> hostPorts,
            List<String> images) {
        this.uid = requireNonNull(uid, "uid is null");
        this.namespace = requireNonNull(namespace, "namespace is null");
        this.name = requireNonNull(name, "name is null");
        this.owner = requireNonNull(owner, "owner is null");
        this.requests = requireNonNull(requests, "requests is null");
        this.nodeName = nodeName;
        this.nodeSelector = Map.copyOf(nodeSelector);
        this.requiredTerms = List.copyOf(requiredTerms);
        this.preferredTerms = List.copyOf(preferredTerms);
        this.tolerations = List.copyOf(tolerations);
        this.hostPorts = List.copyOf(hostPorts);
        this.images = List.copyOf(images);
    }

    public PendingPod withImages(List<String> identities) {
        return new PendingPod(
                uid,
                namespace,
                name,
                owner,
                requests,
                nodeName,
                nodeSelector,
                requiredTerms,
                preferredTerms,
                tolerations,
                hostPorts,
                identities);
    }

    public PlacedPod placedOn(String node) {
        return new PlacedPod(uid, owner, node, requests, hostPorts);
    }
}
