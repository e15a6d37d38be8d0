package dev.gantry.e2e.fifo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.container.ContainerRuntime.ExecProcess;
import dev.gantry.agent.container.ExecConfig;
import dev.gantry.linux.cgroup.CgroupTree;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.ImageRef;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a leader asks of an agent takes its usual time, and at most 100 ms more while 64 opens of FIFOs wait in the kernel; by the median, in one process. */
@Tag("root")
class BlockedOpensTest {
    private static final Logger LOG = LoggerFactory.getLogger(BlockedOpensTest.class);
    private static final int OPENS = 64;
    private static final int ROUNDS = 15;
    private static final Duration ALLOWANCE = Duration.ofMillis(100);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private MeasuringLeader leader;
    private AgentHere agent;
    private MeasuringLeader.Session session;
    private String digest;
    private Path image;
    private int numbers;

    /** What shall not be slower; a further one is one more entry of {@link #operations}. */
    @FunctionalInterface
    private interface Operation {
        void run() throws Exception;
    }

    @BeforeEach
    void begin() throws Exception {
        assumeTrue(
                "root".equals(System.getProperty("user.name")) && Files.isExecutable(Path.of("/bin/busybox")),
                "needs root and /bin/busybox: it runs containers");
        image = directory.resolve("image");
        for (String name : List.of("bin", "proc", "sys", "dev", "tmp")) {
            Files.createDirectories(image.resolve(name));
        }
        Files.copy(Path.of("/bin/busybox").toRealPath(), image.resolve("bin/busybox"));
        leader = new MeasuringLeader();
        agent = new AgentHere(
                directory.toRealPath(),
                CgroupTree.of("gantry-e2e-fifo-" + ProcessHandle.current().pid()),
                leader);
        digest = agent.importImage(image);
        session = leader.welcome();
    }

    @AfterEach
    void end() throws Exception {
        if (agent != null) {
            agent.close();
        }
        if (leader != null) {
            leader.close();
        }
    }

    private Map<String, Operation> operations(Container standing) {
        Map<String, Operation> operations = new LinkedHashMap<>();
        operations.put("ping of the session", () -> session.ping());
        operations.put("start of a pod", this::startPod);
        operations.put("start of a container", () -> start().remove(false));
        operations.put("exec", () -> exec(standing));
        return operations;
    }

    @Test
    @Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
    void blockedOpensMakeNothingSlower() throws Exception {
        Map<String, Operation> operations = operations(start());
        medians(operations); // warms everything up
        Map<String, Duration> usual = medians(operations);
        Map<String, Duration> beside;
        try (BlockedOpens opens = BlockedOpens.of(OPENS, directory.resolve("fifos"))) {
            beside = medians(operations);
            assertThat(BlockedOpens.inProgress()).as("%s", opens).isEqualTo(OPENS);
        }
        LOG.info("Medians of {}: usual {}, beside {} blocked opens {}", ROUNDS, usual, OPENS, beside);
        usual.forEach((operation, median) ->
                assertThat(beside.get(operation)).as(operation).isLessThanOrEqualTo(median.plus(ALLOWANCE)));
    }

    private static Map<String, Duration> medians(Map<String, Operation> operations) throws Exception {
        Map<String, Duration> medians = new LinkedHashMap<>();
        for (Map.Entry<String, Operation> entry : operations.entrySet()) {
            long[] nanos = new long[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) {
                long before = System.nanoTime();
                entry.getValue().run();
                nanos[i] = System.nanoTime() - before;
            }
            Arrays.sort(nanos);
            medians.put(entry.getKey(), Duration.ofNanos(nanos[ROUNDS / 2]));
        }
        return medians;
    }

    /** From the leader's word to the agent's that it runs, and back. */
    private void startPod() throws Exception {
        String uid = "pod-" + ++numbers;
        Assignment.Builder pod = Assignment.newBuilder()
                .setPod(PodIdentity.newBuilder()
                        .setUid(uid)
                        .setNamespace("default")
                        .setName(uid))
                .setSpec(PodSpec.newBuilder()
                        .setRestartPolicy(PodSpec.RestartPolicy.ALWAYS)
                        .addContainers(ContainerSpec.newBuilder()
                                .setName("main")
                                .setGeneration(1)
                                .setImage(ImageRef.newBuilder()
                                        .setName("fifo:test")
                                        .setDigest(digest))
                                .addAllCommand(List.of("/bin/busybox", "sleep", "1000"))));
        session.start(pod);
        session.remove(pod);
    }

    private Container start() throws Exception {
        String id = "c" + ++numbers;
        return agent.runtime()
                .start(new ContainerConfig(
                        id,
                        Map.of(),
                        List.of(image),
                        directory.resolve("writable-" + id),
                        false,
                        List.of("/bin/busybox", "sleep", "1000"),
                        Map.of(),
                        "/",
                        "",
                        List.of(),
                        id,
                        new ContainerConfig.Namespaces(null, null, null, null, null, 0),
                        List.of(),
                        new ContainerConfig.Limits(0, 0, 0, 0, 0),
                        ContainerConfig.ResourceLimit.DEFAULTS,
                        Map.of(),
                        new ContainerConfig.Security(
                                Set.of(), Set.of(), false, true, "default", null, null, List.of(), List.of()),
                        "pods/fifo",
                        null,
                        false,
                        false,
                        false));
    }

    private static void exec(Container container) throws Exception {
        List<String> command = List.of("/bin/busybox", "true");
        try (ExecProcess process = container.exec(new ExecConfig(command, Map.of(), false, false))) {
            assertThat(process.waitFor(LIMIT).orElseThrow().exitCode()).isZero();
        }
    }
}
