package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.image.ImageConfig;
import dev.gantry.agent.image.ImageStore;
import dev.gantry.agent.network.PodNetwork;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.EnvironmentVariable;
import dev.gantry.wire.node.v1.EnvironmentVariable.NodeField;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.Resources;
import dev.gantry.wire.node.v1.Security;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ContainerAssemblyTest {
    private List<String> entrypoint = List.of("/entry");
    private List<String> command = List.of("serve");
    private String imageUser = "";

    @Test
    void takesTheImagesCommand() throws Exception {
        assertThat(assemble(container("web")).arguments()).containsExactly("/entry", "serve");
    }

    @Test
    void replacesArgumentsAlone() throws Exception {
        assertThat(assemble(container("web").addArgs("$(GREETING)").addEnv(value("GREETING", "hello")))
                        .arguments())
                .containsExactly("/entry", "hello");
    }

    @Test
    void dropsTheImagesArgumentsWithItsEntrypoint() throws Exception {
        assertThat(assemble(container("web").addCommand("/other")).arguments()).containsExactly("/other");
    }

    @Test
    void needsACommand() {
        entrypoint = List.of();
        command = List.of();
        assertThatThrownBy(() -> assemble(container("web"))).hasMessageContaining("ENTRYPOINT");
    }

    @Test
    void mergesTheEnvironment() throws Exception {
        Map<String, String> environment = assemble(container("web")
                        .setTty(true)
                        .addEnv(value("A", "1"))
                        .addEnv(value("B", "$(A)2$$(A)$(MISSING)"))
                        .addEnv(value("OF_IMAGE", "$(FROM_IMAGE)"))
                        .addEnv(EnvironmentVariable.newBuilder().setName("C").setLiteral("$(A)"))
                        .addEnv(EnvironmentVariable.newBuilder().setName("IP").setNodeField(NodeField.POD_ADDRESS))
                        .addEnv(EnvironmentVariable.newBuilder().setName("HOST").setNodeField(NodeField.HOST_ADDRESS)))
                .environment();
        assertThat(environment)
                .containsEntry("A", "1")
                .containsEntry("B", "12$(A)$(MISSING)")
                .containsEntry("C", "$(A)")
                .containsEntry("OF_IMAGE", "$(FROM_IMAGE)")
                .containsEntry("IP", "10.244.0.7")
                .containsEntry("HOST", "192.0.2.10")
                .containsEntry("FROM_IMAGE", "yes")
                .containsEntry("HOSTNAME", "web-0")
                .containsEntry("TERM", "xterm")
                .containsEntry("PATH", "/image/bin");
    }

    @Test
    void resolvesTheUser() throws Exception {
        imageUser = "app:staff";
        assertThat(assemble(container("web")).user()).isEqualTo("app:staff");
        assertThat(assemble(container("web").setSecurity(Security.newBuilder().setRunAsUser(7)))
                        .user())
                .isEqualTo("7");
        assertThat(assemble(container("web")
                                .setSecurity(
                                        Security.newBuilder().setRunAsUser(7).setRunAsGroup(8)))
                        .user())
                .isEqualTo("7:8");
        assertThat(assemble(container("web").setSecurity(Security.newBuilder().setRunAsGroup(8)))
                        .user())
                .isEqualTo("app:8");
    }

    @Test
    void refusesRootWhereRootIsNotWanted() {
        for (String root : List.of("", "0", "00", "root", "0:5", "app")) {
            imageUser = root;
            assertThatThrownBy(() -> assemble(
                            container("web").setSecurity(Security.newBuilder().setRunAsNonRoot(true))))
                    .isInstanceOf(ContainerConfigException.class)
                    .hasMessageContaining("runAsUser");
        }
    }

    @Test
    void scoresByClassOfService() {
        Resources guaranteed = Resources.newBuilder()
                .setCpuLimitMilli(500)
                .setCpuRequestMilli(500)
                .setMemoryLimitBytes(1 << 20)
                .setMemoryRequestBytes(1 << 20)
                .build();
        Resources burstable =
                Resources.newBuilder().setMemoryRequestBytes(1L << 30).build();
        assertThat(score(guaranteed)).isEqualTo(-997);
        assertThat(score(Resources.getDefaultInstance())).isEqualTo(1000);
        assertThat(score(burstable)).isEqualTo(750);
    }

    private static int score(Resources resources) {
        ContainerSpec web = container("web").setResources(resources).build();
        return OomScore.of(PodSpec.newBuilder().addContainers(web).build(), web, 4L << 30);
    }

    @Test
    void setsLimitsPathsAndDefaults() throws Exception {
        ContainerConfig config = assemble(container("web")
                .setResources(Resources.newBuilder()
                        .setCpuLimitMilli(250)
                        .setCpuRequestMilli(100)
                        .setMemoryLimitBytes(64 << 20)));
        assertThat(config.limits().cpuMilli()).isEqualTo(250);
        assertThat(config.limits().cpuShares()).isEqualTo(102);
        assertThat(config.limits().memoryBytes()).isEqualTo(64 << 20);
        assertThat(config.limits().pids()).isEqualTo(1000);
        assertThat(config.cgroup()).isEqualTo("pods/" + PodScenario.UID);
        assertThat(config.id()).hasSizeLessThanOrEqualTo(64).endsWith("-3").matches("[a-z0-9-]+");
        assertThat(config.logFile())
                .isEqualTo(new ContainerConfig.Log(
                        Path.of("/state/logs/pods/" + PodScenario.UID + "/web/3.log"), 10 << 20, 5));
        assertThat(config.security().maskedPaths()).contains("/proc/kcore", "/sys/firmware");
        assertThat(config.security().seccompProfile()).isEqualTo("default");
        assertThat(config.workingDirectory()).isEqualTo("/");
    }

    @Test
    void namesStopSignals() {
        assertThat(StopSignal.number("SIGTERM")).isEqualTo(15);
        assertThat(StopSignal.number("quit")).isEqualTo(3);
        assertThat(StopSignal.number("9")).isEqualTo(9);
        assertThat(StopSignal.number("SIGRTMIN+3")).isEqualTo(37);
        assertThat(StopSignal.number("")).isEqualTo(15);
        assertThat(StopSignal.number("SIGNONSENSE")).isEqualTo(15);
        assertThat(StopSignal.of(container("web").build(), "SIGINT")).isEqualTo(2);
        assertThat(StopSignal.of(container("web").setStopSignal("SIGHUP").build(), "SIGINT"))
                .isEqualTo(1);
    }

    @Test
    void writesTheHostsFile() throws Exception {
        PodSpec.Builder spec = pod(container("web"));
        spec.addHostAliases(dev.gantry.wire.node.v1.HostAlias.newBuilder()
                .setAddress("10.0.0.1")
                .addHostnames("db")
                .addHostnames("db.internal"));
        spec.getDnsBuilder()
                .addNameservers("10.96.0.10")
                .addSearches("shop.svc.cluster.local")
                .addOptions("ndots:5");
        assertThat(HostFiles.hosts(spec.build(), "10.244.0.7"))
                .contains("127.0.0.1\tlocalhost\n")
                .endsWith("10.244.0.7\tweb-0\n10.0.0.1\tdb\tdb.internal\n");
        assertThat(HostFiles.resolvConf(spec.build()))
                .isEqualTo("nameserver 10.96.0.10\nsearch shop.svc.cluster.local\noptions ndots:5\n");
    }

    private ContainerConfig assemble(ContainerSpec.Builder web) throws ContainerConfigException {
        ImageConfig config = new ImageConfig(
                imageUser,
                "",
                List.of("PATH=/image/bin", "FROM_IMAGE=yes"),
                entrypoint,
                command,
                new TreeSet<>(),
                new TreeSet<>(),
                Map.of(),
                "");
        return new ContainerAssembly(
                        PodIdentity.newBuilder().setUid(PodScenario.UID).build(),
                        pod(web).build(),
                        web.build(),
                        new ContainerRecord(
                                "web", Run.none().starting(3, 1), History.none().withLayerAttempt(3)),
                        new ImageStore.Image("sha256:x", config, List.of(Path.of("/layer")), 1, List.of()),
                        new PodNetwork.Attachment("/net", "/ipc", "/uts", "", "/shm", 0, "10.244.0.7"),
                        List.of(),
                        new PodPaths(Path.of("/state"), Path.of("/run")),
                        new PodAgentConfig(
                                Path.of("/state"), Path.of("/run"), "boot", List.of("192.0.2.10"), 4L << 30, 1000))
                .assemble();
    }

    private static EnvironmentVariable value(String name, String value) {
        return EnvironmentVariable.newBuilder().setName(name).setValue(value).build();
    }
}
