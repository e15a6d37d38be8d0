package dev.gantry.controlplane.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.common.yaml.YamlException;
import dev.gantry.common.yaml.YamlParser;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.ContainerStatus;
import dev.gantry.wire.node.v1.EnvironmentVariable;
import dev.gantry.wire.node.v1.EnvironmentVariable.NodeField;
import dev.gantry.wire.node.v1.File;
import dev.gantry.wire.node.v1.ImageRef;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.RegistryLogin;
import dev.gantry.wire.node.v1.Security;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PodConverterTest {
    private static final String DIGEST = "sha256:" + "ab".repeat(32);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final FakeSources sources = new FakeSources();
    private final PodConverter converter = new PodConverter(new ClusterSettings(
            "c", "10.244.0.0/16", "10.96.0.0/16", "10.96.0.10", "cluster.local", 30_000, 32_767, List::of));

    @Test
    void theEnvironmentIsResolvedInKubernetesOrder() {
        sources.configMap("settings", Map.of("COLOUR", "green", "SIZE", "big"));
        sources.secret("keys", Map.of("token", "c2VjcmV0"));
        sources.services.add(new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName("my-db")
                .endMetadata()
                .withNewSpec()
                .withClusterIP("10.96.0.7")
                .addNewPort()
                .withName("sql")
                .withPort(5432)
                .endPort()
                .endSpec()
                .build());
        Map<String, EnvironmentVariable> env = environment(convert("""
                containers:
                - name: main
                  image: web:1
                  envFrom:
                  - configMapRef: {name: settings}
                    prefix: P_
                  env:
                  - {name: PLAIN, value: "a $(P_SIZE)"}
                  - {name: P_COLOUR, value: red}
                  - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                  - {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
                  - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                  - {name: TOKEN, valueFrom: {secretKeyRef: {name: keys, key: token}}}
                  - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
                  - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
                  - {name: NONE, valueFrom: {configMapKeyRef: {name: absent, key: x, optional: true}}}
                  resources: {limits: {memory: 64Mi}}
                """));
        assertThat(env.get("PLAIN")).extracting(EnvironmentVariable::getValue).isEqualTo("a $(P_SIZE)");
        assertThat(env.get("P_COLOUR"))
                .extracting(EnvironmentVariable::getValue)
                .isEqualTo("red");
        assertThat(env.get("P_SIZE"))
                .extracting(EnvironmentVariable::getLiteral)
                .isEqualTo("big");
        assertThat(env.get("NAME")).extracting(EnvironmentVariable::getLiteral).isEqualTo("web");
        assertThat(env.get("LABEL")).extracting(EnvironmentVariable::getLiteral).isEqualTo("shop");
        assertThat(env.get("IP")).extracting(EnvironmentVariable::getNodeField).isEqualTo(NodeField.POD_ADDRESS);
        assertThat(env.get("TOKEN")).extracting(EnvironmentVariable::getLiteral).isEqualTo("secret");
        assertThat(env.get("MEMORY"))
                .extracting(EnvironmentVariable::getLiteral)
                .isEqualTo("64");
        assertThat(env.get("CPU")).extracting(EnvironmentVariable::getLiteral).isEqualTo("4");
        assertThat(env.get("MY_DB_SERVICE_HOST"))
                .extracting(EnvironmentVariable::getLiteral)
                .isEqualTo("10.96.0.7");
        assertThat(env.get("MY_DB_SERVICE_PORT_SQL"))
                .extracting(EnvironmentVariable::getLiteral)
                .isEqualTo("5432");
        assertThat(env.get("MY_DB_PORT"))
                .extracting(EnvironmentVariable::getLiteral)
                .isEqualTo("tcp://10.96.0.7:5432");
        assertThat(env).doesNotContainKey("NONE");
    }

    @Test
    void whatIsMissingHoldsItsContainerOnly() {
        ConvertedPod pod = convert("""
                containers:
                - name: main
                  image: web:1
                  env:
                  - {name: X, valueFrom: {configMapKeyRef: {name: absent, key: x}}}
                - {name: side, image: web:1}
                - {name: unknown, image: nobody:1}
                """);
        assertThat(pod.holds().keySet()).containsExactlyInAnyOrder("main", "unknown");
        assertThat(hold(pod, "main").reason()).isEqualTo("CreateContainerConfigError");
        assertThat(hold(pod, "main").message()).contains("ConfigMap absent not found");
        assertThat(hold(pod, "unknown").message()).contains("gantry build -t nobody:1");
        assertThat(pod.assignment().getSpec().getContainersList())
                .extracting(container -> container.getImage().getDigest())
                .containsExactly("", DIGEST, "");
        assertThat(pod.references())
                .contains(
                        new Reference(Reference.Kind.CONFIG_MAP, "default", "absent"),
                        new Reference(Reference.Kind.IMAGE, "", "nobody:1"));
    }

    @Test
    void aNameOfAnotherRegistryIsForTheNodeToResolve() {
        ConvertedPod pod = convert("""
                containers:
                - {name: tag, image: "registry.example:5000/web:1", imagePullPolicy: Always}
                - {name: pinned, image: "registry.example:5000/web@%1$s", imagePullPolicy: Never}
                - {name: own, image: "web@%1$s"}
                - name: held
                  image: registry.example:5000/web:1
                  env:
                  - {name: X, valueFrom: {configMapKeyRef: {name: absent, key: x}}}
                """.formatted(DIGEST));
        assertThat(pod.holds()).containsOnlyKeys("held");
        List<ImageRef> images = pod.assignment().getSpec().getContainersList().stream()
                .map(ContainerSpec::getImage)
                .toList();
        assertThat(images).extracting(ImageRef::getExternal).containsExactly(true, true, false, false);
        assertThat(images).extracting(ImageRef::getDigest).containsExactly("", DIGEST, DIGEST, "");
        assertThat(images)
                .extracting(ImageRef::getPullPolicy)
                .startsWith(ImageRef.PullPolicy.ALWAYS, ImageRef.PullPolicy.NEVER, ImageRef.PullPolicy.IF_NOT_PRESENT);
        assertThat(pod.references())
                .as("the cluster may come to have an image of that name")
                .contains(new Reference(Reference.Kind.IMAGE, "", "registry.example:5000/web:1"));
    }

    @Test
    void pullSecretsBecomeLoginsOfThePod() {
        String config = """
                {"auths":{
                 "https://registry.example:5000/v1/":{"username":"alice","password":"s:cret"},
                 "other.example":{"auth":"%s"},
                 "broken.example":{"auth":"bm9ib2R5"}}}""".formatted(base64("bob:p:w"));
        sources.secret("pull", Map.of(".dockerconfigjson", base64(config)));
        sources.secret("rubbish", Map.of(".dockerconfigjson", base64("no json")));
        ConvertedPod pod = convert("""
                imagePullSecrets: [{name: rubbish}, {name: absent}, {name: pull}]
                containers:
                - {name: main, image: web:1}
                """);
        assertThat(pod.assignment().getSpec().getRegistryLoginsList())
                .extracting(RegistryLogin::getRegistry, RegistryLogin::getUser, RegistryLogin::getPassword)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("registry.example:5000", "alice", "s:cret"),
                        org.assertj.core.groups.Tuple.tuple("other.example", "bob", "p:w"));
        assertThat(pod.references()).contains(new Reference(Reference.Kind.SECRET, "default", "absent"));
    }

    private static String base64(String text) {
        return java.util.Base64.getEncoder().encodeToString(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    @Test
    void filesComeApartFromTheSpec() {
        sources.configMap("settings", Map.of("a.conf", "A", "b.conf", "B"));
        sources.secret("keys", Map.of("token", "c2VjcmV0"));
        ConvertedPod pod = convert("""
                containers:
                - name: main
                  image: web:1
                  volumeMounts:
                  - {name: all, mountPath: /etc/all, subPathExpr: $(WHERE)/x}
                  env: [{name: WHERE, value: there}]
                volumes:
                - name: all
                  projected:
                    defaultMode: 0400
                    sources:
                    - configMap: {name: settings, items: [{key: a.conf, path: c/a, mode: 0444}]}
                    - secret: {name: keys}
                    - downwardAPI:
                        items:
                        - {path: labels, fieldRef: {fieldPath: metadata.labels}}
                        - {path: ip, fieldRef: {fieldPath: status.podIP}}
                - name: scratch
                  emptyDir: {medium: Memory, sizeLimit: 1Mi}
                """);
        assertThat(pod.holds()).isEmpty();
        assertThat(pod.assignment().getSpec().getVolumes(0).getFiles().getSecret())
                .isTrue();
        assertThat(pod.assignment().getSpec().getVolumes(1).getEmptyDir().getSizeLimitBytes())
                .isEqualTo(1 << 20);
        assertThat(pod.assignment().getSpec().getContainers(0).getMounts(0).getSubPath())
                .isEqualTo("there/x");
        PodFiles files = pod.files().getFirst();
        assertThat(files.getFilesList()).extracting(File::getPath).containsExactly("c/a", "ip", "labels", "token");
        assertThat(files.getFilesList()).extracting(File::getMode).containsExactly(0444, 0400, 0400, 0400);
        assertThat(files.getFiles(2).getBytes().toStringUtf8()).isEqualTo("app=\"shop\"");
        assertThat(files.getFiles(3).getBytes().toStringUtf8()).isEqualTo("secret");
    }

    @Test
    void securityIsTheContainersOverThePods() {
        ConvertedPod pod = convert("""
                securityContext: {runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000, runAsNonRoot: true}
                containers:
                - name: main
                  image: web:1
                  securityContext:
                    runAsUser: 1001
                    allowPrivilegeEscalation: false
                    readOnlyRootFilesystem: true
                    capabilities: {drop: [ALL], add: [CAP_NET_ADMIN]}
                - {name: plain, image: web:1}
                - {name: mighty, image: web:1, securityContext: {privileged: true}}
                """);
        Security main = pod.assignment().getSpec().getContainers(0).getSecurity();
        assertThat(main.getRunAsUser()).isEqualTo(1001);
        assertThat(main.getRunAsGroup()).isEqualTo(2000);
        assertThat(main.getRunAsNonRoot()).isTrue();
        assertThat(main.getNoNewPrivileges()).isTrue();
        assertThat(main.getReadOnlyRoot()).isTrue();
        assertThat(main.getCapabilitiesList()).containsExactly("NET_ADMIN");
        Security plain = pod.assignment().getSpec().getContainers(1).getSecurity();
        assertThat(plain.getRunAsUser()).isEqualTo(1000);
        assertThat(plain.getNoNewPrivileges()).isFalse();
        assertThat(plain.getCapabilitiesList()).hasSize(14).isEqualTo(SecurityConverter.DEFAULT_CAPABILITIES);
        assertThat(plain.getSeccomp()).isEqualTo(Security.SeccompKind.SECCOMP_DEFAULT);
        Security mighty = pod.assignment().getSpec().getContainers(2).getSecurity();
        assertThat(mighty.getCapabilitiesList()).hasSize(41).contains("SYS_ADMIN");
        assertThat(pod.assignment().getSpec().getFsGroup()).isEqualTo(3000);
    }

    @Test
    void probesHooksPortsAndNamesAreResolved() {
        ConvertedPod pod = convert("""
                hostname: front
                hostUsers: false
                terminationGracePeriodSeconds: 5
                hostAliases: [{ip: 192.0.2.7, hostnames: [seven]}]
                dnsConfig: {options: [{name: ndots, value: "2"}], searches: [example.org]}
                initContainers:
                - {name: first, image: web:1, restartPolicy: Always}
                containers:
                - name: main
                  image: web:1
                  ports: [{name: http, containerPort: 8080, hostPort: 80, hostIP: 0.0.0.0}]
                  readinessProbe: {httpGet: {port: http}, periodSeconds: 3}
                  lifecycle: {preStop: {exec: {command: [sleep, "1"]}}}
                  terminationMessagePolicy: FallbackToLogsOnError
                  resources: {limits: {cpu: 500m, memory: 32Mi}}
                """);
        var spec = pod.assignment().getSpec();
        ContainerSpec main = spec.getContainers(0);
        assertThat(main.getReadinessProbe().getHandler().getHttp().getPort()).isEqualTo(8080);
        assertThat(main.getReadinessProbe().getPeriodSeconds()).isEqualTo(3);
        assertThat(main.getReadinessProbe().getFailureThreshold()).isEqualTo(3);
        assertThat(main.getPreStop().getExec().getCommandList()).containsExactly("sleep", "1");
        assertThat(main.getTerminationMessagePath()).isEqualTo("/dev/termination-log");
        assertThat(main.getTerminationMessageFromLog()).isTrue();
        assertThat(main.getResources().getCpuRequestMilli()).isEqualTo(500);
        assertThat(spec.getInitContainers(0).getSidecar()).isTrue();
        assertThat(spec.getHostname()).isEqualTo("front");
        assertThat(spec.getUserNamespace()).isTrue();
        assertThat(spec.getTerminationGraceSeconds()).isEqualTo(5);
        assertThat(spec.getHostPorts(0).getHostAddress()).isEmpty();
        assertThat(spec.getHostPorts(0).getContainerPort()).isEqualTo(8080);
        assertThat(spec.getHostAliases(0).getAddress()).isEqualTo("192.0.2.7");
        assertThat(spec.getDns().getNameserversList()).containsExactly("10.96.0.10");
        assertThat(spec.getDns().getSearchesList())
                .containsExactly("default.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.org");
        assertThat(spec.getDns().getOptionsList()).containsExactly("ndots:2");
        // the sidecar has no limit: the pod as a whole has none either
        assertThat(spec.getResources().getMemoryLimitBytes()).isZero();
    }

    @Test
    void anotherImageRaisesTheContainersGenerationAlone() {
        String spec = """
                containers:
                - {name: main, image: web:1}
                - {name: side, image: web:1}
                """;
        PodStatus reported = PodStatus.newBuilder()
                .addContainers(status("main", 4, "web:0"))
                .addContainers(status("side", 2, "web:1"))
                .build();
        ConvertedPod first = converter.convert(pod(spec), sources, reported, null);
        assertThat(generations(first)).containsExactly(5L, 2L);
        // still under way: neither the same again nor yet another image may be mistaken for what the node has
        assertThat(generations(converter.convert(pod(spec), sources, reported, first.assignment())))
                .containsExactly(5L, 2L);
        String third = spec.replace("main, image: web:1", "main, image: web:3");
        assertThat(generations(converter.convert(pod(third), sources, reported, first.assignment())))
                .containsExactly(6L, 2L);
        assertThat(generations(convert(spec))).containsExactly(1L, 1L);
    }

    private static List<Long> generations(ConvertedPod pod) {
        return pod.assignment().getSpec().getContainersList().stream()
                .map(ContainerSpec::getGeneration)
                .toList();
    }

    private static ContainerStatus status(String name, long generation, String image) {
        return ContainerStatus.newBuilder()
                .setName(name)
                .setSpecGeneration(generation)
                .setImage(ImageRef.newBuilder().setName(image))
                .build();
    }

    private static Hold hold(ConvertedPod pod, String container) {
        return Optional.ofNullable(pod.holds().get(container)).orElseThrow();
    }

    private static Map<String, EnvironmentVariable> environment(ConvertedPod pod) {
        assertThat(pod.holds()).isEmpty();
        Map<String, EnvironmentVariable> env = new HashMap<>();
        pod.assignment()
                .getSpec()
                .getContainers(0)
                .getEnvList()
                .forEach(variable -> env.put(variable.getName(), variable));
        return env;
    }

    private ConvertedPod convert(String spec) {
        return converter.convert(pod(spec), sources, null, null);
    }

    private static Pod pod(String spec) {
        String yaml = """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: web
                  namespace: default
                  uid: uid-1
                  labels: {app: shop}
                spec:
                  nodeName: alpha
                """ + spec.indent(2);
        try {
            return JSON.treeToValue(YamlParser.parse(yaml).getFirst().root(), Pod.class);
        } catch (YamlException | JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static final class FakeSources implements Sources {
        private final Map<String, ConfigMap> configMaps = new HashMap<>();
        private final Map<String, Secret> secrets = new HashMap<>();
        private final List<Service> services = new ArrayList<>();

        void configMap(String name, Map<String, String> data) {
            configMaps.put(name, new ConfigMapBuilder().withData(data).build());
        }

        void secret(String name, Map<String, String> data) {
            secrets.put(name, new SecretBuilder().withData(data).build());
        }

        @Override
        public Optional<ConfigMap> configMap(String namespace, String name) {
            return Optional.ofNullable(configMaps.get(name));
        }

        @Override
        public Optional<Secret> secret(String namespace, String name) {
            return Optional.ofNullable(secrets.get(name));
        }

        @Override
        public Optional<String> imageDigest(String canonicalName) {
            return canonicalName.equals("web:1") ? Optional.of(DIGEST) : Optional.empty();
        }

        @Override
        public List<Service> services(String namespace) {
            return services;
        }

        @Override
        public Map<String, Quantity> nodeAllocatable() {
            return Map.of("cpu", new Quantity("3500m"));
        }
    }
}
