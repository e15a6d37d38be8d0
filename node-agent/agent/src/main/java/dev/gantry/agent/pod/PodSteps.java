package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.network.PodNetwork;
import dev.gantry.agent.pod.PodView.Step;
import dev.gantry.agent.volume.VolumeException;
import dev.gantry.agent.volume.VolumeSource;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.linux.FullDisk;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.Resources;
import dev.gantry.wire.node.v1.Volume;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps that are done once for a pod: its network, with its cgroup, and its volumes, with the files in /etc that its containers share. Used by the pod's thread only; the work itself runs on lanes, that of the volumes
 * on a platform thread, since a file server may never answer: then this pod waits, and no other.
 */
final class PodSteps {
    private static final Logger log = LoggerFactory.getLogger(PodSteps.class);
    private static final CrashPoint CGROUP_MADE = CrashPoint.of("pod.cgroup-made");
    private static final CrashPoint CGROUP_DELETED = CrashPoint.of("pod.cgroup-deleted");
    private static final CrashPoint ATTACHED = CrashPoint.of("pod.network-attached");
    private static final CrashPoint DETACHED = CrashPoint.of("pod.network-detached");
    private static final CrashPoint VOLUMES_READY = CrashPoint.of("pod.volumes-ready");
    private static final CrashPoint VOLUMES_FREED = CrashPoint.of("pod.volumes-freed");
    private static final long FIRST_RETRY_MILLIS = 1_000;
    private static final long LONGEST_RETRY_MILLIS = 60_000;
    /** Somebody who has made room looks whether it helps. */
    private static final long LONGEST_RETRY_ON_FULL_DISK_MILLIS = 5_000;

    private static final Waiting NO_PROBLEM = new Waiting("", "");
    private static final Step READY = new Step(Step.State.READY, false, 0);
    private static final Step FREED = new Step(Step.State.FREED, false, 0);
    private static final Step LOST = new Step(Step.State.LOST, false, 0);
    private static final Step UNKNOWN = new Step(Step.State.UNKNOWN, false, 0);

    private final PodWorker pod;
    private final PodContext context;
    private final Lane networkLane;
    private final Lane volumeLane;
    private Step network = UNKNOWN;
    private Step volumes = UNKNOWN;
    private PodNetwork.@Nullable Attachment attachment;
    private Waiting problem = NO_PROBLEM;
    private int failures;
    /** Whether the volumes were torn down, which is for good. Used on their lane only. */
    private boolean tornDown;

    PodSteps(PodWorker pod, PodContext context) {
        this.pod = pod;
        this.context = context;
        this.networkLane = Lane.virtual("network-of-a-pod");
        this.volumeLane = Lane.platform("volumes-of-a-pod");
    }

    Step network() {
        return network;
    }

    Step volumes() {
        return volumes;
    }

    PodNetwork.@Nullable Attachment attachment() {
        return attachment;
    }

    Optional<String> address() {
        return pod.spec().getHostNetwork()
                ? Optional.of(context.host().hostAddresses().getFirst())
                : Optional.ofNullable(attachment).map(PodNetwork.Attachment::address);
    }

    List<String> addresses() {
        if (attachment == null) {
            return List.of();
        }
        return pod.spec().getHostNetwork() ? context.host().hostAddresses() : List.of(attachment.address());
    }

    Waiting problem() {
        return problem;
    }

    /**
     * Takes up the network that an earlier agent left: the containers in it run, and are checked, whatever comes of attaching it again. Before the pod's
     * thread.
     */
    void adoptNetwork() throws IOException {
        String uid = pod.pod().getUid();
        attachment = (pod.spec().getHostNetwork()
                        ? context.network()
                                .findOnHost(uid, context.host().hostAddresses().getFirst())
                        : context.network().find(uid))
                .orElse(null);
    }

    /** Says that containers run whose network is not there any more. After {@link #adoptNetwork}, before the pod's thread. */
    void containersRunOn() {
        if (attachment == null) {
            network = LOST;
        }
    }

    void attachNetwork() {
        network = new Step(network.state(), true, 0);
        PodSpec spec = pod.spec();
        String uid = pod.pod().getUid();
        networkLane.submit(() -> {
            try {
                context.cgroups().create(uid, limits(spec.getResources()));
                CGROUP_MADE.reach();
                PodNetwork.Attachment attached = spec.getHostNetwork()
                        ? context.network()
                                .attachToHost(
                                        uid, context.host().hostAddresses().getFirst())
                        : context.network().attach(uid, spec.getUserNamespace(), WireConversion.hostPorts(spec));
                ATTACHED.reach();
                pod.post(() -> attached(attached));
            } catch (IOException | RuntimeException e) {
                pod.post(() -> network = failed("FailedCreatePodSandBox", "Can't make the pod's network: ", e));
            }
        });
    }

    private void attached(PodNetwork.@Nullable Attachment attached) {
        if (!Objects.equals(attached, attachment)) {
            // files of volumes may name the address
            volumesChanged();
        }
        attachment = attached;
        network = READY;
        solved();
        pod.networkAttached();
    }

    private static ContainerConfig.Limits limits(Resources resources) {
        return new ContainerConfig.Limits(
                resources.getCpuLimitMilli(),
                ContainerAssembly.cpuShares(resources),
                resources.getMemoryLimitBytes(),
                resources.getPidsLimit(),
                0);
    }

    void detachNetwork() {
        network = new Step(network.state(), true, 0);
        String uid = pod.pod().getUid();
        networkLane.submit(() -> {
            try {
                context.network().detach(uid);
                DETACHED.reach();
                context.cgroups().delete(uid);
                CGROUP_DELETED.reach();
                pod.post(() -> {
                    network = FREED;
                    solved();
                });
            } catch (IOException | RuntimeException e) {
                pod.post(() -> network = failed("FailedKillPod", "Can't free the pod's network: ", e));
            }
        });
    }

    void setUpVolumes() {
        volumes = new Step(volumes.state(), true, 0);
        PodSpec spec = pod.spec();
        PodIdentity identity = pod.pod();
        Map<String, PodFiles> files = pod.files();
        String address = attachment == null ? "" : attachment.address();
        volumeLane.submit(() -> {
            try {
                HostFiles.write(context.paths().etc(identity.getUid()), spec, address);
                for (Volume volume : spec.getVolumesList()) {
                    setUp(identity, spec, volume, files.get(volume.getName()));
                }
                VOLUMES_READY.reach();
                pod.post(() -> volumesReady(spec));
            } catch (IOException | RuntimeException e) {
                pod.post(() -> volumes = failed("FailedMount", "", e));
            }
        });
    }

    private void setUp(PodIdentity identity, PodSpec spec, Volume volume, @Nullable PodFiles files) throws IOException {
        VolumeSource source = WireConversion.volume(volume);
        context.volumes().setUp(identity.getUid(), source, WireConversion.owner(spec));
        if (source instanceof VolumeSource.Files filesSource) {
            if (files == null) {
                throw new VolumeException(
                        "The files of volume %s have not come from the control plane yet".formatted(volume.getName()));
            }
            write(identity, spec, filesSource, files);
        }
    }

    private void write(PodIdentity identity, PodSpec spec, VolumeSource.Files source, PodFiles files)
            throws IOException {
        String address = attachment == null ? context.host().hostAddresses().getFirst() : attachment.address();
        context.volumes()
                .writeFiles(
                        identity.getUid(),
                        source,
                        WireConversion.files(files, address, context.host()),
                        WireConversion.owner(spec));
    }

    /** They are, unless the spec or a file changed meanwhile. */
    private void volumesReady(PodSpec spec) {
        volumes = pod.spec().getVolumesList().equals(spec.getVolumesList()) ? READY : UNKNOWN;
        solved();
    }

    void volumesChanged() {
        volumes = new Step(Step.State.UNKNOWN, volumes.busy(), 0);
    }

    /** Swaps new files in, at once if the volume is there; otherwise they are written with it. */
    void filesChanged(PodFiles files) {
        PodSpec spec = pod.spec();
        PodIdentity identity = pod.pod();
        if (volumes.state() != Step.State.READY) {
            volumes = new Step(volumes.state(), volumes.busy(), 0);
            if (!volumes.busy()) {
                return;
            }
        }
        for (Volume volume : spec.getVolumesList()) {
            if (volume.getName().equals(files.getVolume())
                    && WireConversion.volume(volume) instanceof VolumeSource.Files source) {
                volumeLane.submit(() -> {
                    if (tornDown) {
                        return;
                    }
                    try {
                        write(identity, spec, source, files);
                    } catch (IOException | RuntimeException e) {
                        pod.post(() -> volumes = failed("FailedMount", "", e));
                    }
                });
            }
        }
    }

    void tearDownVolumes() {
        volumes = new Step(volumes.state(), true, 0);
        String uid = pod.pod().getUid();
        volumeLane.submit(() -> {
            tornDown = true;
            try {
                context.volumes().tearDown(uid);
                context.kernel().deleteTree(context.paths().layers(uid));
                context.kernel().deleteTree(context.paths().etc(uid));
                context.kernel().deleteTree(context.paths().logs(uid));
                VOLUMES_FREED.reach();
                pod.post(() -> {
                    volumes = FREED;
                    solved();
                });
            } catch (IOException | RuntimeException e) {
                pod.post(() -> volumes = failed("FailedUnmount", "", e));
            }
        });
    }

    private void solved() {
        problem = NO_PROBLEM;
        failures = 0;
    }

    /** Begins nothing more. By any thread. */
    void close() {
        networkLane.close();
        volumeLane.close();
    }

    /** Waits for what is under way when this is closed; false when that takes longer: it may wait for a file system for ever. By any thread. */
    boolean awaitEnd(Duration patience) throws InterruptedException {
        return networkLane.awaitEnd(patience) && volumeLane.awaitEnd(patience);
    }

    private Step failed(String reason, String prefix, Exception failure) {
        String message = prefix + FailureMessage.of(failure, context.paths());
        log.warn("Pod {}: {}", pod.pod().getUid(), message, failure);
        if (!problem.message().equals(message)) {
            pod.event(reason, message, true, "");
        }
        problem = new Waiting(reason, message);
        long longest = FullDisk.isCauseOf(failure) ? LONGEST_RETRY_ON_FULL_DISK_MILLIS : LONGEST_RETRY_MILLIS;
        long wait = Math.min(longest, FIRST_RETRY_MILLIS << Math.min(failures++, 6));
        return new Step(Step.State.UNKNOWN, false, context.clock().millis() + wait);
    }
}
