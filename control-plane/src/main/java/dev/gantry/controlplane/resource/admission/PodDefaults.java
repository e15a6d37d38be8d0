package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.child;
import static dev.gantry.controlplane.resource.admission.Trees.objects;
import static dev.gantry.controlplane.resource.admission.Trees.setDefault;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Kubernetes' defaults of a pod's spec (k8s.io/kubernetes, pkg/apis/core/v1/defaults.go). */
final class PodDefaults {
    /** A volume's files are readable by all unless it says otherwise. */
    private static final int FILE_MODE = 0644;

    private PodDefaults() {}

    static void apply(ObjectNode spec) {
        setDefault(spec, "restartPolicy", "Always");
        setDefault(spec, "dnsPolicy", "ClusterFirst");
        setDefault(spec, "terminationGracePeriodSeconds", 30);
        setDefault(spec, "schedulerName", "default-scheduler");
        setDefault(spec, "enableServiceLinks", true);
        setDefault(spec, "serviceAccountName", "default");
        spec.put("serviceAccount", text(spec, "serviceAccountName"));
        child(spec, "securityContext");
        objects(spec.path("initContainers")).forEach(container -> container(container, spec));
        objects(spec.path("containers")).forEach(container -> container(container, spec));
        objects(spec.path("volumes")).forEach(PodDefaults::volume);
    }

    /** What is limited and not requested is requested. Only of a pod: a template stays as its author wrote it, who may change the limits again. */
    static void requestWhatIsLimited(ObjectNode spec) {
        for (String list : List.of("initContainers", "containers")) {
            for (ObjectNode container : objects(spec.path(list))) {
                ObjectNode resources = child(container, "resources");
                if (resources.get("limits") instanceof ObjectNode limits) {
                    ObjectNode requests = child(resources, "requests");
                    limits.properties().forEach(limit -> {
                        if (!requests.has(limit.getKey())) {
                            requests.set(limit.getKey(), limit.getValue());
                        }
                    });
                }
            }
        }
    }

    private static void container(ObjectNode container, ObjectNode spec) {
        setDefault(container, "imagePullPolicy", pullPolicy(text(container, "image")));
        setDefault(container, "terminationMessagePath", "/dev/termination-log");
        setDefault(container, "terminationMessagePolicy", "File");
        child(container, "resources");
        for (ObjectNode port : objects(container.path("ports"))) {
            setDefault(port, "protocol", "TCP");
            if (spec.path("hostNetwork").asBoolean(false)) {
                setDefault(port, "hostPort", port.path("containerPort").asLong());
            }
        }
        for (ObjectNode variable : objects(container.path("env"))) {
            if (variable.path("valueFrom").path("fieldRef") instanceof ObjectNode field) {
                setDefault(field, "apiVersion", "v1");
            }
        }
        for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
            if (container.get(probe) instanceof ObjectNode object) {
                probe(object);
            }
        }
        for (String hook : List.of("postStart", "preStop")) {
            if (container.path("lifecycle").get(hook) instanceof ObjectNode object) {
                action(object);
            }
        }
    }

    /** Without a tag, or with the tag latest, an image may change under its name. */
    static String pullPolicy(String image) {
        boolean digest = image.contains("@");
        String last = image.substring(image.lastIndexOf('/') + 1);
        boolean latest = !last.contains(":") || last.endsWith(":latest");
        return !digest && latest ? "Always" : "IfNotPresent";
    }

    private static void probe(ObjectNode probe) {
        setDefault(probe, "timeoutSeconds", 1);
        setDefault(probe, "periodSeconds", 10);
        setDefault(probe, "successThreshold", 1);
        setDefault(probe, "failureThreshold", 3);
        action(probe);
    }

    private static void action(ObjectNode handler) {
        if (handler.get("httpGet") instanceof ObjectNode get) {
            setDefault(get, "path", "/");
            setDefault(get, "scheme", "HTTP");
        }
    }

    private static void volume(ObjectNode volume) {
        if (volume.size() <= 1) {
            volume.putObject("emptyDir");
        }
        for (String kind : List.of("configMap", "secret", "downwardAPI", "projected")) {
            if (volume.get(kind) instanceof ObjectNode source) {
                setDefault(source, "defaultMode", FILE_MODE);
            }
        }
        if (volume.get("hostPath") instanceof ObjectNode hostPath && !hostPath.has("type")) {
            hostPath.put("type", "");
        }
        fieldVersions(volume.path("downwardAPI").path("items"));
        for (ObjectNode source : objects(volume.path("projected").path("sources"))) {
            fieldVersions(source.path("downwardAPI").path("items"));
        }
    }

    private static void fieldVersions(JsonNode items) {
        for (ObjectNode item : objects(items)) {
            if (item.get("fieldRef") instanceof ObjectNode field) {
                setDefault(field, "apiVersion", "v1");
            }
        }
    }
}
