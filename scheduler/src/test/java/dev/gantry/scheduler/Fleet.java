package dev.gantry.scheduler;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Builds nodes and pods that read as prose. */
final class Fleet {
    static final long MIB = 1L << 20;

    private Fleet() {}

    static NodeFacts node(String name, long milliCpu, long mebibytes) {
        return new NodeFacts(
                name,
                Map.of("kubernetes.io/hostname", name),
                List.of(),
                false,
                true,
                Resources.of(milliCpu, mebibytes * MIB).withPods(110),
                Map.of());
    }

    static NodeFacts labelled(NodeFacts node, Map<String, String> labels) {
        return new NodeFacts(
                node.name(), labels, node.taints(), node.cordoned(), node.ready(), node.allocatable(), node.images());
    }

    static NodeFacts tainted(NodeFacts node, Taint... taints) {
        return new NodeFacts(
                node.name(),
                node.labels(),
                List.of(taints),
                node.cordoned(),
                node.ready(),
                node.allocatable(),
                node.images());
    }

    static NodeFacts cordoned(NodeFacts node) {
        return new NodeFacts(
                node.name(), node.labels(), node.taints(), true, node.ready(), node.allocatable(), node.images());
    }

    static NodeFacts notReady(NodeFacts node) {
        return new NodeFacts(
                node.name(), node.labels(), node.taints(), node.cordoned(), false, node.allocatable(), node.images());
    }

    static NodeFacts holding(NodeFacts node, Map<String, Long> images) {
        return new NodeFacts(
                node.name(), node.labels(), node.taints(), node.cordoned(), node.ready(), node.allocatable(), images);
    }

    static PlacedPod running(String uid, String node, long milliCpu, long mebibytes) {
        return new PlacedPod(
                uid, "", node, Resources.of(milliCpu, mebibytes * MIB).withPods(1), List.of());
    }

    static PodBuilder pod(String name) {
        return new PodBuilder(name);
    }

    static final class PodBuilder {
        private final String name;
        private String owner = "";
        private Resources requests = Resources.NONE.withPods(1);
        private String nodeName = "";
        private Map<String, String> selector = Map.of();
        private List<NodeTerm> required = List.of();
        private List<NodeTerm.Weighted> preferred = List.of();
        private final List<Toleration> tolerations = new ArrayList<>();
        private List<HostPort> ports = List.of();
        private List<String> images = List.of();

        private PodBuilder(String name) {
            this.name = name;
        }

        PodBuilder ownedBy(String uid) {
            owner = uid;
            return this;
        }

        PodBuilder asking(long milliCpu, long mebibytes) {
            requests = Resources.of(milliCpu, mebibytes * MIB).withPods(1);
            return this;
        }

        PodBuilder asking(Resources resources) {
            requests = resources;
            return this;
        }

        PodBuilder onlyOn(String node) {
            nodeName = node;
            return this;
        }

        PodBuilder selecting(Map<String, String> labels) {
            selector = labels;
            return this;
        }

        PodBuilder requiring(NodeTerm... terms) {
            required = List.of(terms);
            return this;
        }

        PodBuilder preferring(int weight, NodeTerm term) {
            preferred = List.of(new NodeTerm.Weighted(term, weight));
            return this;
        }

        PodBuilder tolerating(Toleration toleration) {
            tolerations.add(toleration);
            return this;
        }

        PodBuilder withHostPort(int port) {
            ports = List.of(new HostPort("", "TCP", port));
            return this;
        }

        PodBuilder running(String... references) {
            images = List.of(references);
            return this;
        }

        PendingPod build() {
            return new PendingPod(
                    name + "-uid",
                    "default",
                    name,
                    owner,
                    requests,
                    nodeName.isEmpty() ? null : nodeName,
                    selector,
                    required,
                    preferred,
                    tolerations,
                    ports,
                    images);
        }
    }
}
