package dev.gantry.controlplane.resource.kind;

import static java.util.Objects.requireNonNull;

import dev.gantry.controlplane.resource.KindTable;
import dev.gantry.controlplane.resource.ResourceKind;
import dev.gantry.controlplane.resource.ResourceKind.ScalePaths;
import dev.gantry.controlplane.resource.ServedVersion;
import dev.gantry.controlplane.resource.admission.DataRules;
import dev.gantry.controlplane.resource.admission.DeploymentRules;
import dev.gantry.controlplane.resource.admission.EndpointSliceRules;
import dev.gantry.controlplane.resource.admission.ImageRules;
import dev.gantry.controlplane.resource.admission.LeaseRules;
import dev.gantry.controlplane.resource.admission.NamespaceRules;
import dev.gantry.controlplane.resource.admission.NodeRules;
import dev.gantry.controlplane.resource.admission.PlainRules;
import dev.gantry.controlplane.resource.admission.PodRules;
import dev.gantry.controlplane.resource.admission.ServiceClaims;
import dev.gantry.controlplane.resource.admission.ServiceRange;
import dev.gantry.controlplane.resource.admission.ServiceRules;
import dev.gantry.controlplane.resource.admission.WorkloadRules;
import dev.gantry.controlplane.resource.model.Image;
import dev.gantry.controlplane.resource.schema.ModelSchema;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** The kinds that every cluster serves. */
public final class BuiltInKinds {
    private BuiltInKinds() {}

    /**
     * The settings that kinds need.
     *
     * @param serviceRange where services get their addresses
     * @param firstNodePort first of the node ports
     * @param lastNodePort last of the node ports
     */
    public record Settings(ServiceRange serviceRange, int firstNodePort, int lastNodePort) {
        public static final Settings DEFAULTS = new Settings(ServiceRange.parse("10.96.0.0/16"), 30_000, 32_767);

        public Settings {
            requireNonNull(serviceRange, "serviceRange is null");
            if (firstNodePort < 1 || firstNodePort > lastNodePort || lastNodePort > 65_535) {
                throw new IllegalArgumentException(
                        "node ports must be a range within 1-65535: %d-%d".formatted(firstNodePort, lastNodePort));
            }
        }
    }

    /** A table with all of them. */
    public static KindTable table(Settings settings, RandomGenerator random) {
        KindTable table = new KindTable();
        core(settings, random).forEach(table::add);
        workloads().forEach(table::add);
        table.add(lease());
        table.add(image());
        return table;
    }

    private static List<ResourceKind> core(Settings settings, RandomGenerator random) {
        ServiceClaims claims =
                new ServiceClaims(settings.serviceRange(), settings.firstNodePort(), settings.lastNodePort(), random);
        return List.of(
                kind("namespaces", "Namespace", Namespace.class)
                        .clusterScoped()
                        .shortNames("ns")
                        .status()
                        .otherSubresources("finalize")
                        .rules(new NamespaceRules())
                        .columns(CoreColumns.namespaces())
                        .selectableFields(Map.of("status.phase", "status.phase"))
                        .build(),
                kind("nodes", "Node", Node.class)
                        .clusterScoped()
                        .shortNames("no")
                        .status()
                        .rules(new NodeRules())
                        .columns(CoreColumns.nodes())
                        .selectableFields(Map.of("spec.unschedulable", "spec.unschedulable"))
                        .build(),
                pods(),
                kind("configmaps", "ConfigMap", ConfigMap.class)
                        .shortNames("cm")
                        .rules(new DataRules(false))
                        .columns(CoreColumns.configMaps())
                        .build(),
                kind("secrets", "Secret", Secret.class)
                        .rules(new DataRules(true))
                        .columns(CoreColumns.secrets())
                        .selectableFields(Map.of("type", "type"))
                        .build(),
                kind("serviceaccounts", "ServiceAccount", ServiceAccount.class)
                        .shortNames("sa")
                        .rules(new PlainRules())
                        .columns(CoreColumns.serviceAccounts())
                        .build(),
                kind("services", "Service", Service.class)
                        .shortNames("svc")
                        .categories("all")
                        .status()
                        .rules(new ServiceRules())
                        .claims(claims)
                        .columns(CoreColumns.services())
                        .selectableFields(Map.of("spec.clusterIP", "spec.clusterIP", "spec.type", "spec.type"))
                        .build(),
                events());
    }

    private static ResourceKind pods() {
        return kind("pods", "Pod", Pod.class)
                .shortNames("po")
                .categories("all")
                .status()
                .otherSubresources("log", "exec", "attach", "portforward", "binding", "eviction")
                .rules(new PodRules())
                .columns(PodColumns.all())
                .selectableFields(same(
                        "spec.nodeName",
                        "spec.restartPolicy",
                        "spec.schedulerName",
                        "spec.serviceAccountName",
                        "spec.hostNetwork",
                        "status.phase",
                        "status.podIP",
                        "status.nominatedNodeName"))
                .build();
    }

    private static ResourceKind events() {
        return ResourceKind.builder("", "events", "Event")
                .versions(ServedVersion.stored("", "v1", new ModelSchema(Event.class)), EventVersions.eventsGroup())
                .shortNames("ev")
                .rules(new PlainRules())
                .columns(CoreColumns.events())
                .selectableFields(eventFields())
                .build();
    }

    private static Map<String, String> eventFields() {
        Map<String, String> fields = new java.util.HashMap<>(same("reason", "type", "reportingComponent"));
        for (String field : List.of("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")) {
            fields.put("involvedObject." + field, "involvedObject." + field);
            fields.put("regarding." + field, "involvedObject." + field);
        }
        fields.put("source", "source.component");
        fields.put("reportingController", "reportingComponent");
        return fields;
    }

    private static List<ResourceKind> workloads() {
        return List.of(
                ResourceKind.builder("apps", "deployments", "Deployment")
                        .versions(ServedVersion.stored("apps", "v1", new ModelSchema(Deployment.class)))
                        .shortNames("deploy")
                        .categories("all")
                        .status()
                        .scale(ScalePaths.USUAL)
                        .rules(new DeploymentRules())
                        .columns(WorkloadColumns.deployments())
                        .build(),
                ResourceKind.builder("apps", "replicasets", "ReplicaSet")
                        .versions(ServedVersion.stored("apps", "v1", new ModelSchema(ReplicaSet.class)))
                        .shortNames("rs")
                        .categories("all")
                        .status()
                        .scale(ScalePaths.USUAL)
                        .rules(new WorkloadRules())
                        .columns(WorkloadColumns.replicaSets())
                        .selectableFields(same("status.replicas"))
                        .build(),
                ResourceKind.builder("discovery.k8s.io", "endpointslices", "EndpointSlice")
                        .versions(ServedVersion.stored("discovery.k8s.io", "v1", new ModelSchema(EndpointSlice.class)))
                        .rules(new EndpointSliceRules())
                        .columns(CoreColumns.endpointSlices())
                        .build());
    }

    private static ResourceKind lease() {
        return ResourceKind.builder("coordination.k8s.io", "leases", "Lease")
                .versions(ServedVersion.stored("coordination.k8s.io", "v1", new ModelSchema(Lease.class)))
                .rules(new LeaseRules())
                .columns(CoreColumns.leases())
                .build();
    }

    private static ResourceKind image() {
        return ResourceKind.builder("gantry.dev", "images", "Image")
                .versions(ServedVersion.stored("gantry.dev", "v1", new ModelSchema(Image.class)))
                .clusterScoped()
                .shortNames("img")
                .status()
                .rules(new ImageRules())
                .columns(CoreColumns.images())
                .selectableFields(same("spec.name"))
                .build();
    }

    private static ResourceKind.Builder kind(String plural, String kind, Class<?> model) {
        return ResourceKind.builder("", plural, kind).versions(ServedVersion.stored("", "v1", new ModelSchema(model)));
    }

    private static Map<String, String> same(String... paths) {
        return List.of(paths).stream()
                .collect(java.util.stream.Collectors.toUnmodifiableMap(path -> path, path -> path));
    }
}
