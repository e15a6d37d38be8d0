package dev.gantry.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.ZstdDictTrainer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * Makes a cluster's first dictionary from generated objects of every kind, never from live ones: a dictionary lies in the store in the clear, and what it
 * was trained from can be read in it. Deterministic for a seed.
 */
final class DictionaryTraining {
    private static final int DICTIONARY_BYTES = 64 << 10;
    private static final int OBJECTS_OF_A_KIND = 60;

    private final Random random;

    private DictionaryTraining(long seed) {
        this.random = new Random(seed);
    }

    static byte[] train(long seed) {
        List<byte[]> samples = new DictionaryTraining(seed).samples();
        int total = samples.stream().mapToInt(sample -> sample.length).sum();
        ZstdDictTrainer trainer = new ZstdDictTrainer(total, DICTIONARY_BYTES);
        samples.forEach(trainer::addSample);
        return trainer.trainSamples();
    }

    private List<byte[]> samples() {
        List<byte[]> samples = new ArrayList<>();
        for (int i = 0; i < OBJECTS_OF_A_KIND; i++) {
            for (String json : List.of(
                    pod(),
                    pod(),
                    deployment(),
                    replicaSet(),
                    service(),
                    endpointSlice(),
                    configMap(),
                    secret(),
                    event(),
                    node(),
                    namespace(),
                    serviceAccount(),
                    image(),
                    generic())) {
                samples.add(json.getBytes(UTF_8));
            }
        }
        return samples;
    }

    private String pod() {
        String app = name();
        return """
                {"apiVersion":"v1","kind":"Pod",%s,"spec":%s,"status":{"phase":"Running","conditions":[\
                {"type":"PodReadyToStartContainers","status":"True","lastTransitionTime":"%s"},\
                {"type":"Initialized","status":"True","lastTransitionTime":"%s"},\
                {"type":"Ready","status":"True","lastTransitionTime":"%s"},\
                {"type":"ContainersReady","status":"True","lastTransitionTime":"%s"},\
                {"type":"PodScheduled","status":"True","lastTransitionTime":"%s"}],\
                "hostIP":"%s","hostIPs":[{"ip":"%s"}],"podIP":"%s","podIPs":[{"ip":"%s"}],"startTime":"%s","qosClass":"Burstable",\
                "containerStatuses":[{"name":"%s","state":{"running":{"startedAt":"%s"}},"lastState":{},"ready":true,"restartCount":0,\
                "image":"%s","imageID":"%s","containerID":"gantry://%s","started":true}]}}""".formatted(
                        metadata("default", app + "-" + hex(5), "ReplicaSet"),
                        podSpec(app, true),
                        time(),
                        time(),
                        time(),
                        time(),
                        time(),
                        address(),
                        address(),
                        address(),
                        address(),
                        time(),
                        app,
                        time(),
                        imageName(),
                        digest(),
                        hex(32));
    }

    private String podSpec(String app, boolean bound) {
        return """
                {"volumes":[{"name":"kube-api-access-%s","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},\
                {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}],"defaultMode":420}},\
                {"name":"config","configMap":{"name":"%s","defaultMode":420}},{"name":"data","emptyDir":{}}],\
                "containers":[{"name":"%s","image":"%s","command":["/bin/%s"],"args":["--port=%d"],"ports":[{"name":"http","containerPort":%d,"protocol":"TCP"}],\
                "env":[{"name":"POD_NAME","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},{"name":"%s","value":"%s"}],\
                "resources":{"limits":{"cpu":"%dm","memory":"%dMi"},"requests":{"cpu":"%dm","memory":"%dMi"}},\
                "volumeMounts":[{"name":"config","readOnly":true,"mountPath":"/etc/%s"},{"name":"data","mountPath":"/var/lib/%s"}],\
                "livenessProbe":{"httpGet":{"path":"/healthz","port":%d,"scheme":"HTTP"},"initialDelaySeconds":5,"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},\
                "readinessProbe":{"tcpSocket":{"port":%d},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},\
                "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent",\
                "securityContext":{"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true}}],\
                "restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","serviceAccount":"default",\
                %s"securityContext":{"runAsUser":%d,"fsGroup":%d},"schedulerName":"default-scheduler",\
                "tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":25},\
                {"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":25}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"}""".formatted(
                        hex(5),
                        name(),
                        app,
                        imageName(),
                        app,
                        port(),
                        port(),
                        name().toUpperCase(java.util.Locale.ROOT),
                        name(),
                        number(4000),
                        number(4096),
                        number(1000),
                        number(1024),
                        app,
                        app,
                        port(),
                        port(),
                        bound ? "\"nodeName\":\"%s\",".formatted(nodeName()) : "",
                        number(65000),
                        number(65000));
    }

    private String deployment() {
        String app = name();
        return """
                {"apiVersion":"apps/v1","kind":"Deployment",%s,"spec":{"replicas":%d,"selector":{"matchLabels":{"app":"%s"}},\
                "template":{"metadata":{"labels":{"app":"%s"}},"spec":%s},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%%","maxSurge":"25%%"}},\
                "revisionHistoryLimit":10,"progressDeadlineSeconds":600},"status":{"observedGeneration":%d,"replicas":%d,"updatedReplicas":%d,"readyReplicas":%d,"availableReplicas":%d,\
                "conditions":[{"type":"Available","status":"True","lastUpdateTime":"%s","lastTransitionTime":"%s","reason":"MinimumReplicasAvailable","message":"Deployment has minimum availability."},\
                {"type":"Progressing","status":"True","lastUpdateTime":"%s","lastTransitionTime":"%s","reason":"NewReplicaSetAvailable","message":"ReplicaSet \\"%s-%s\\" has successfully progressed."}]}}""".formatted(
                        metadata("default", app, null),
                        number(50),
                        app,
                        app,
                        podSpec(app, false),
                        number(9),
                        number(50),
                        number(50),
                        number(50),
                        number(50),
                        time(),
                        time(),
                        time(),
                        time(),
                        app,
                        hex(10));
    }

    private String replicaSet() {
        String app = name();
        return """
                {"apiVersion":"apps/v1","kind":"ReplicaSet",%s,"spec":{"replicas":%d,"selector":{"matchLabels":{"app":"%s","pod-template-hash":"%s"}},\
                "template":{"metadata":{"labels":{"app":"%s","pod-template-hash":"%s"}},"spec":%s}},\
                "status":{"replicas":%d,"fullyLabeledReplicas":%d,"readyReplicas":%d,"availableReplicas":%d,"observedGeneration":%d}}""".formatted(
                        metadata("default", app + "-" + hex(10), "Deployment"),
                        number(50),
                        app,
                        hex(10),
                        app,
                        hex(10),
                        podSpec(app, false),
                        number(50),
                        number(50),
                        number(50),
                        number(50),
                        number(9));
    }

    private String service() {
        String app = name();
        return """
                {"apiVersion":"v1","kind":"Service",%s,"spec":{"ports":[{"name":"http","protocol":"TCP","port":%d,"targetPort":%d,"nodePort":%d}],"selector":{"app":"%s"},\
                "clusterIP":"%s","clusterIPs":["%s"],"type":"ClusterIP","sessionAffinity":"None","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}""".formatted(metadata("default", app, null), port(), port(), port(), app, address(), address());
    }

    private String endpointSlice() {
        String app = name();
        StringBuilder endpoints = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            endpoints.append(i == 0 ? "" : ",").append("""
                            {"addresses":["%s"],"conditions":{"ready":true,"serving":true,"terminating":false},"targetRef":{"kind":"Pod","namespace":"default","name":"%s-%s","uid":"%s"},"nodeName":"%s"}""".formatted(address(), app, hex(5), uid(), nodeName()));
        }
        return """
                {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice",%s,"addressType":"IPv4","endpoints":[%s],"ports":[{"name":"http","protocol":"TCP","port":%d}]}""".formatted(metadata("default", app + "-" + hex(5), "Service"), endpoints, port());
    }

    private String configMap() {
        return """
                {"apiVersion":"v1","kind":"ConfigMap",%s,"data":{"%s.conf":"server {\\n  listen %d;\\n  server_name %s;\\n}\\n","%s":"%s"}}""".formatted(metadata("default", name(), null), name(), port(), name(), name(), name());
    }

    private String secret() {
        byte[] value = new byte[24];
        random.nextBytes(value);
        return """
                {"apiVersion":"v1","kind":"Secret",%s,"data":{"password":"%s","username":"%s"},"type":"Opaque"}""".formatted(
                        metadata("default", name(), null),
                        Base64.getEncoder().encodeToString(value),
                        Base64.getEncoder().encodeToString(name().getBytes(UTF_8)));
    }

    private String event() {
        String pod = name() + "-" + hex(10) + "-" + hex(5);
        return """
                {"apiVersion":"v1","kind":"Event",%s,"involvedObject":{"kind":"Pod","namespace":"default","name":"%s","uid":"%s","apiVersion":"v1","fieldPath":"spec.containers{%s}"},\
                "reason":"%s","message":"%s","source":{"component":"%s"},"firstTimestamp":"%s","lastTimestamp":"%s","count":%d,"type":"Normal","eventTime":null,"reportingComponent":"gantry","reportingInstance":"%s"}""".formatted(
                        metadata("default", pod + "." + hex(16), null),
                        pod,
                        uid(),
                        name(),
                        pick(
                                "Scheduled",
                                "Pulled",
                                "Created",
                                "Started",
                                "Killing",
                                "BackOff",
                                "Unhealthy",
                                "FailedScheduling"),
                        pick(
                                "Successfully assigned default/%s to %s".formatted(pod, nodeName()),
                                "Container image is already present on machine",
                                "Created container",
                                "Started container",
                                "Stopping container",
                                "Readiness probe failed"),
                        pick("default-scheduler", "gantry-agent", "deployment-controller"),
                        time(),
                        time(),
                        number(9),
                        nodeName());
    }

    private String node() {
        String name = nodeName();
        return """
                {"apiVersion":"v1","kind":"Node",%s,"spec":{"podCIDR":"%s/24","podCIDRs":["%s/24"]},"status":{"capacity":{"cpu":"%d","memory":"%dKi","pods":"110","ephemeral-storage":"%dKi"},\
                "allocatable":{"cpu":"%d","memory":"%dKi","pods":"110","ephemeral-storage":"%dKi"},"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"%s","lastTransitionTime":"%s","reason":"AgentReady","message":"the agent's session is open"},\
                {"type":"MemoryPressure","status":"False"},{"type":"DiskPressure","status":"False"},{"type":"PIDPressure","status":"False"}],"addresses":[{"type":"InternalIP","address":"%s"},{"type":"Hostname","address":"%s"}],\
                "nodeInfo":{"machineID":"%s","systemUUID":"%s","bootID":"%s","kernelVersion":"6.1.0-18-amd64","osImage":"Debian GNU/Linux 12 (bookworm)","containerRuntimeVersion":"gantry://0.1.0","kubeletVersion":"v1.35.0","operatingSystem":"linux","architecture":"amd64"}}}""".formatted(
                        metadata(null, name, null),
                        address(),
                        address(),
                        number(64),
                        number(1 << 28),
                        number(1 << 30),
                        number(64),
                        number(1 << 28),
                        number(1 << 30),
                        time(),
                        time(),
                        address(),
                        name,
                        hex(32),
                        uid(),
                        uid());
    }

    private String namespace() {
        String name = name();
        return """
                {"apiVersion":"v1","kind":"Namespace",%s,"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}""".formatted(metadata(null, name, null));
    }

    private String serviceAccount() {
        return """
                {"apiVersion":"v1","kind":"ServiceAccount",%s,"automountServiceAccountToken":true}""".formatted(metadata("default", "default", null));
    }

    private String image() {
        return """
                {"apiVersion":"gantry.dev/v1","kind":"Image",%s,"spec":{"name":"%s","digest":"%s"},"status":{"nodes":["%s","%s"]}}""".formatted(metadata(null, name(), null), imageName(), digest(), nodeName(), nodeName());
    }

    /** For kinds that this list does not know. */
    private String generic() {
        return """
                {"apiVersion":"%s/v1","kind":"%s",%s,"spec":{"replicas":%d,"selector":{"matchLabels":{"app":"%s"}}},"status":{"conditions":[{"type":"Ready","status":"True","reason":"%s","message":"%s","lastTransitionTime":"%s"}]}}""".formatted(
                        pick("batch", "gantry.dev", "policy", "rbac.authorization.k8s.io", "networking.k8s.io"),
                        pick("Job", "Quota", "NetworkPolicy", "Role", "Ingress"),
                        metadata("default", name(), null),
                        number(9),
                        name(),
                        name(),
                        name(),
                        time());
    }

    private String metadata(
            @org.jspecify.annotations.Nullable String namespace,
            String name,
            @org.jspecify.annotations.Nullable String owner) {
        return """
                "metadata":{"name":"%s",%s"uid":"%s","generation":%d,"creationTimestamp":"%s","labels":{"app":"%s","kubernetes.io/metadata.name":"%s","pod-template-hash":"%s"},\
                "annotations":{"deployment.kubernetes.io/revision":"%d"}%s}""".formatted(
                        name,
                        namespace == null ? "" : "\"namespace\":\"%s\",".formatted(namespace),
                        uid(),
                        number(9),
                        time(),
                        name(),
                        name,
                        hex(10),
                        number(9),
                        owner == null
                                ? ""
                                : ",\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"%s\",\"name\":\"%s\",\"uid\":\"%s\",\"controller\":true,\"blockOwnerDeletion\":true}]"
                                        .formatted(owner, name(), uid()));
    }

    private String name() {
        return pick("web", "api", "cache", "worker", "frontend", "backend", "db", "gateway", "mail", "search") + "-"
                + hex(1 + random.nextInt(4));
    }

    private String nodeName() {
        return "node-" + number(5000);
    }

    private String imageName() {
        return "registry.gantry.local/" + name() + ":v" + number(20);
    }

    private String digest() {
        return "sha256:" + hex(64);
    }

    private String address() {
        return "10.%d.%d.%d".formatted(random.nextInt(256), random.nextInt(256), random.nextInt(256));
    }

    private int port() {
        return 1 + random.nextInt(65535);
    }

    private int number(int below) {
        return 1 + random.nextInt(below);
    }

    private String time() {
        return "20%02d-%02d-%02dT%02d:%02d:%02dZ"
                .formatted(
                        20 + random.nextInt(20),
                        number(12),
                        number(28),
                        random.nextInt(24),
                        random.nextInt(60),
                        random.nextInt(60));
    }

    private String uid() {
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }

    private String hex(int digits) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < digits; i++) {
            text.append(Character.forDigit(random.nextInt(16), 16));
        }
        return text.toString();
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
