package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.image.ImageStore;
import dev.gantry.agent.network.PodNetwork;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.Volume;
import dev.gantry.wire.node.v1.VolumeMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One start of one container: makes the files it needs on the host, resolves its mounts and has the runtime start it. Blocking; idempotent. */
record ContainerStart(
        PodContext context,
        PodIdentity pod,
        PodSpec spec,
        ContainerSpec container,
        ContainerRecord record,
        ImageStore.Image image,
        PodNetwork.@Nullable Attachment attachment) {
    private static final Logger log = LoggerFactory.getLogger(ContainerStart.class);
    private static final CrashPoint PREPARED = CrashPoint.of("pod.container-prepared");
    private static final CrashPoint STARTED = CrashPoint.of("pod.container-started");

    /** How it went. */
    sealed interface Outcome {}

    /** @param lease of the image, to be closed when the container is freed */
    record Started(ContainerRuntime.Container container, ImageStore.Lease lease) implements Outcome {}

    /** Its own fault: the container can't run. */
    record CouldNotRun(String message) implements Outcome {}

    /** Not its own fault: the host lacks something, or what is asked for can't be. Nothing is left of it. */
    record NotMade(String reason, String message) implements Outcome {}

    Outcome attempt() {
        try {
            return start();
        } catch (ContainerException e) {
            String message = FailureMessage.of(e, context.paths());
            return e.reason().equals(ContainerException.RUN_CONTAINER_ERROR)
                    ? new CouldNotRun(message)
                    : notMade(e.reason(), message, e);
        } catch (ContainerConfigException e) {
            return notMade("CreateContainerConfigError", String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            return notMade("CreateContainerError", FailureMessage.of(e, context.paths()), e);
        } catch (RuntimeException e) {
            return notMade("CreateContainerError", e.toString(), e);
        }
    }

    private NotMade notMade(String reason, String message, Exception e) {
        log.warn("Container {} of pod {} could not be made", container.getName(), pod.getUid(), e);
        return new NotMade(reason, message);
    }

    private Started start() throws ContainerException, ContainerConfigException, IOException {
        List<ContainerConfig.Mount> mounts = mounts();
        ContainerConfig config = new ContainerAssembly(
                        pod, spec, container, record, image, attachment, mounts, context.paths(), context.host())
                .assemble();
        Files.createDirectories(context.paths().logs(pod.getUid(), container.getName()));
        Files.createDirectories(config.writableLayer().getParent());
        PREPARED.reach();
        ImageStore.Lease lease = context.images().lease(image.digest(), config.id());
        try {
            ContainerRuntime.Container started = context.runtime().start(config);
            STARTED.reach();
            return new Started(started, lease);
        } catch (ContainerException | RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    private List<ContainerConfig.Mount> mounts() throws IOException {
        Map<String, Volume> volumes = new HashMap<>();
        spec.getVolumesList().forEach(volume -> volumes.put(volume.getName(), volume));
        List<ContainerConfig.Mount> mounts = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (VolumeMount mount : container.getMountsList()) {
            Volume volume = volumes.get(mount.getVolume());
            if (volume == null) {
                throw new IOException("Container %s mounts volume %s, which the pod does not have"
                        .formatted(container.getName(), mount.getVolume()));
            }
            Path source =
                    context.volumes().mountSource(pod.getUid(), WireConversion.volume(volume), mount.getSubPath());
            mounts.add(new ContainerConfig.Mount(
                    source,
                    mount.getPath(),
                    // the files of a volume of files are the agent's to change
                    mount.getReadOnly() || volume.hasFiles(),
                    WireConversion.propagation(mount.getPropagation())));
            taken.add(mount.getPath());
        }
        addHostFiles(mounts, taken);
        addLastWords(mounts, taken);
        return mounts;
    }

    private void addHostFiles(List<ContainerConfig.Mount> mounts, Set<String> taken) {
        for (String name : HostFiles.NAMES) {
            Path source = context.paths().etc(pod.getUid()).resolve(name);
            if (!taken.contains("/etc/" + name) && Files.exists(source)) {
                mounts.add(new ContainerConfig.Mount(
                        source,
                        "/etc/" + name,
                        container.getSecurity().getReadOnlyRoot(),
                        ContainerConfig.Mount.Propagation.PRIVATE));
            }
        }
    }

    private void addLastWords(List<ContainerConfig.Mount> mounts, Set<String> taken) throws IOException {
        String path = container.getTerminationMessagePath();
        if (path.isEmpty() || taken.contains(path)) {
            return;
        }
        Path source = context.paths()
                .lastWords(pod.getUid(), container.getName(), record.run().attempt());
        LastWords.prepare(source);
        mounts.add(new ContainerConfig.Mount(source, path, false, ContainerConfig.Mount.Propagation.PRIVATE));
    }
}
