package dev.gantry.agent.pod;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.time.ManualAlarmClock;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.ContainerStatus;
import dev.gantry.wire.node.v1.EmptyDir;
import dev.gantry.wire.node.v1.File;
import dev.gantry.wire.node.v1.FilesVolume;
import dev.gantry.wire.node.v1.ImageRef;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodSpec.RestartPolicy;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.Volume;
import dev.gantry.wire.node.v1.VolumeMount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** A fake host, one agent at a time, and the words in which tests speak of pods. */
final class PodScenario implements AutoCloseable {
    static final String UID = "11111111-2222-3333-4444-555555555555";
    static final String DIGEST = "sha256:" + "a".repeat(64);

    final ManualAlarmClock clock = new ManualAlarmClock();
    final FakeHost host = new FakeHost(clock);
    final List<PodEvent> events = new CopyOnWriteArrayList<>();
    final List<PodStatus> statuses = new CopyOnWriteArrayList<>();
    private final Path directory;
    private String bootId = "boot-1";
    private FakeHost.Link link;
    volatile ImagePulls pulls = ImagePulls.NONE;
    PodAgent agent;
    private long revision = 10;

    PodScenario(Path directory) throws IOException {
        this.directory = directory.toRealPath();
        host.images.add(DIGEST);
        newAgent();
    }

    Path state() {
        return directory.resolve("state");
    }

    Path run() {
        return directory.resolve("run");
    }

    void newAgent() {
        link = host.new Link();
        agent = new PodAgent(
                new PodAgentConfig(state(), run(), bootId, List.of("192.0.2.10"), 8L << 30, 1000),
                link.runtime(),
                link.images(),
                wanted -> pulls.pull(wanted),
                link.network(),
                link.cgroups(),
                link.kernel(),
                clock);
        agent.listen(new PodHost.Listener() {
            @Override
            public void statusChanged(PodStatus status) {
                statuses.add(status);
            }

            @Override
            public void event(PodEvent event) {
                events.add(event);
            }
        });
        try {
            agent.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The agent dies where it stands; containers run on. */
    void kill() throws InterruptedException {
        link.cut();
        agent.abandon();
        host.leases.clear();
    }

    void killAndRestart() throws InterruptedException {
        kill();
        newAgent();
    }

    /** An orderly reboot: the agent ends by itself, and has everything on disk. */
    void rebootHost() throws InterruptedException {
        agent.close();
        losePower();
    }

    /** The host stops and comes back; what was not on disk yet is lost. */
    void losePower() throws InterruptedException {
        kill();
        host.reboot();
        bootId = bootId + "x";
        newAgent();
    }

    long nextRevision() {
        return ++revision;
    }

    void assign(Assignment... assignments) throws IOException {
        agent.delta(nextRevision(), List.of(assignments), List.of(), List.of());
    }

    void until(BooleanSupplier condition) {
        await().dontCatchUncaughtExceptions()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .atMost(Duration.ofSeconds(20))
                .until(condition::getAsBoolean);
    }

    /** Lets time pass, a little at each look, until the condition holds. */
    void untilInTime(BooleanSupplier condition) {
        until(() -> {
            if (condition.getAsBoolean()) {
                return true;
            }
            clock.advance(Duration.ofMillis(500));
            return false;
        });
    }

    PodStatus status() {
        return agent.statuses().stream()
                .filter(status -> status.getPod().getUid().equals(UID))
                .findFirst()
                .orElse(PodStatus.getDefaultInstance());
    }

    ContainerStatus containerStatus(String name) {
        PodStatus status = status();
        return java.util.stream.Stream.concat(
                        status.getContainersList().stream(), status.getInitContainersList().stream())
                .filter(container -> container.getName().equals(name))
                .findFirst()
                .orElse(ContainerStatus.getDefaultInstance());
    }

    boolean running(String name) {
        return containerStatus(name).getState().hasRunning();
    }

    boolean hasEvent(String reason) {
        return events.stream().anyMatch(event -> event.getReason().equals(reason));
    }

    static ContainerSpec.Builder container(String name) {
        return ContainerSpec.newBuilder()
                .setName(name)
                .setGeneration(1)
                .setImage(ImageRef.newBuilder().setName("shop/" + name + ":1").setDigest(DIGEST));
    }

    static PodSpec.Builder pod(ContainerSpec.Builder... containers) {
        PodSpec.Builder spec = PodSpec.newBuilder()
                .setRestartPolicy(RestartPolicy.ALWAYS)
                .setHostname("web-0")
                .setTerminationGraceSeconds(30);
        for (ContainerSpec.Builder container : containers) {
            spec.addContainers(container);
        }
        return spec;
    }

    static Assignment assignment(DesiredState desired, PodSpec.Builder spec) {
        return Assignment.newBuilder()
                .setPod(PodIdentity.newBuilder()
                        .setUid(UID)
                        .setNamespace("shop")
                        .setName("web-0"))
                .setDesired(desired)
                .setGraceSeconds(desired == DesiredState.RUNNING ? 0 : 30)
                .setSpec(spec)
                .build();
    }

    static Volume emptyDir(String name, boolean memory) {
        return Volume.newBuilder()
                .setName(name)
                .setEmptyDir(EmptyDir.newBuilder().setMemory(memory))
                .build();
    }

    static Volume filesVolume(String name, boolean secret) {
        return Volume.newBuilder()
                .setName(name)
                .setFiles(FilesVolume.newBuilder().setSecret(secret))
                .build();
    }

    static VolumeMount mount(String volume, String path) {
        return VolumeMount.newBuilder().setVolume(volume).setPath(path).build();
    }

    static PodFiles files(String volume, long revision, String content) {
        return PodFiles.newBuilder()
                .setPodUid(UID)
                .setVolume(volume)
                .setRevision(revision)
                .addFiles(File.newBuilder()
                        .setPath("config")
                        .setBytes(ByteString.copyFromUtf8(content))
                        .setMode(0644))
                .build();
    }

    @Override
    public void close() throws InterruptedException {
        agent.close();
    }
}
