package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.UID;
import static dev.gantry.agent.pod.PodScenario.assignment;
import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.emptyDir;
import static dev.gantry.agent.pod.PodScenario.files;
import static dev.gantry.agent.pod.PodScenario.filesVolume;
import static dev.gantry.agent.pod.PodScenario.mount;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.VolumeMount;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Volumes of pods that run. */
class PodVolumeTest extends AbstractPodTest {
    @Test
    void swapsFilesInAtOnce() throws Exception {
        PodSpec.Builder spec =
                pod(container("web").addMounts(mount("config", "/etc/app"))).addVolumes(filesVolume("config", true));
        run(spec);
        scenario.until(() -> scenario.status().getReason().equals("FailedMount"));
        assertThat(scenario.status().getMessage()).contains("config");
        scenario.agent.delta(scenario.nextRevision(), List.of(), List.of(files("config", 5, "five")), List.of());
        scenario.until(() -> scenario.running("web"));
        Path file = host.runningContainer("web").config.mounts().stream()
                .filter(mount -> mount.target().equals("/etc/app"))
                .findFirst()
                .orElseThrow()
                .source()
                .resolve("config");
        assertThat(file).startsWith(scenario.run()).hasContent("five");
        scenario.agent.delta(scenario.nextRevision(), List.of(), List.of(files("config", 6, "six")), List.of());
        scenario.until(() -> read(file).equals("six"));
        scenario.agent.delta(scenario.nextRevision(), List.of(), List.of(files("config", 5, "five")), List.of());
        scenario.killAndRestart();
        scenario.until(() -> scenario.running("web"));
        assertThat(read(file)).isEqualTo("six");
    }

    /** What it writes or deletes after that would be in its successor's way. */
    @Test
    void endsOnlyWhenNoStepIsUnderWay() throws Exception {
        PodSpec.Builder spec =
                pod(container("web").addMounts(mount("data", "/data"))).addVolumes(emptyDir("data", false));
        run(spec);
        scenario.until(() -> scenario.running("web"));
        CountDownLatch latch = new CountDownLatch(1);
        host.deletion = latch;
        scenario.assign(removed(spec));
        scenario.until(PodVolumeTest::aVolumeIsBeingDeleted);

        Thread end = Thread.ofVirtual().start(() -> {
            try {
                scenario.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        scenario.until(() -> end.getState() == Thread.State.TIMED_WAITING);
        latch.countDown();
        end.join();

        assertThat(tracesOnDisk()).noneMatch(path -> path.toString().contains("/volumes/"));
    }

    private static boolean aVolumeIsBeingDeleted() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread ->
                        thread.getName().equals("volumes-of-a-pod") && thread.getState() == Thread.State.WAITING);
    }

    @Test
    void letsNoStuckVolumeHoldOthersUp() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        host.stuck = latch;
        PodSpec.Builder spec = pod(container("web")
                        .addMounts(VolumeMount.newBuilder()
                                .setVolume("data")
                                .setPath("/data")
                                .setSubPath("stuck")))
                .addVolumes(emptyDir("data", false));
        run(spec);
        Assignment other = assignment(DesiredState.RUNNING, pod(container("api"))).toBuilder()
                .setPod(PodIdentity.newBuilder().setUid("other").setName("api-0"))
                .build();
        scenario.assign(other);
        scenario.until(() -> host.container("api").isPresent());
        scenario.assign(other.toBuilder().setDesired(DesiredState.REMOVED).build());
        scenario.until(() -> scenario.agent.statuses().stream()
                .anyMatch(status -> status.getPod().getUid().equals("other") && status.getRemoved()));
        scenario.assign(removed(spec));
        latch.countDown();
        scenario.untilInTime(() -> scenario.status().getRemoved());
        assertThat(host.containers).isEmpty();
    }

    @Test
    void writesNoFilesOnceTheVolumesAreGone() throws Exception {
        PodSpec.Builder spec =
                pod(container("web").addMounts(mount("config", "/etc/app"))).addVolumes(filesVolume("config", false));
        scenario.agent.delta(
                scenario.nextRevision(),
                List.of(assignment(DesiredState.RUNNING, spec)),
                List.of(files("config", 1, "one")),
                List.of());
        scenario.until(() -> scenario.running("web"));
        CountDownLatch latch = new CountDownLatch(1);
        host.deletion = latch;
        scenario.assign(removed(spec));
        scenario.untilInTime(() -> host.attached.isEmpty());
        scenario.agent.delta(scenario.nextRevision(), List.of(), List.of(files("config", 2, "two")), List.of());
        latch.countDown();
        scenario.untilInTime(() -> scenario.status().getRemoved());
        scenario.agent.delta(scenario.nextRevision(), List.of(), List.of(), List.of(UID));
        scenario.until(
                () -> scenario.agent.statuses().isEmpty() && tracesOnDisk().isEmpty());
    }
}
