package dev.gantry.agent.pod;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import dev.gantry.agent.state.StateFileException;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Delta;
import dev.gantry.wire.node.v1.EnvironmentVariable;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the agent remembers of pods. Everything lies on tmpfs, where a write costs microseconds and secrets may lie; a copy without secrets follows on
 * disk, synced, for the time after a reboot (see {@link DiskCopies}).
 *
 * <p>A batch of assignments is taken whole or not at all: it is first written as one file, {@code accepted}, and only then spread over the pods' folders;
 * an agent that dies in between spreads it again.
 */
final class PodStore {
    private static final Logger log = LoggerFactory.getLogger(PodStore.class);
    private static final CrashPoint BATCH_PERSISTED = CrashPoint.of("pod.batch-persisted");
    private static final CrashPoint ASSIGNMENT_PERSISTED = CrashPoint.of("pod.assignment-persisted");
    private static final CrashPoint FILES_PERSISTED = CrashPoint.of("pod.files-persisted");
    private static final CrashPoint REVISION_PERSISTED = CrashPoint.of("pod.revision-persisted");
    private static final CrashPoint BATCH_DONE = CrashPoint.of("pod.batch-spread");
    private static final CrashPoint RECORD_PERSISTED = CrashPoint.of("pod.record-persisted");
    private static final CrashPoint FORGOTTEN = CrashPoint.of("pod.forgotten");

    private final PodPaths paths;
    private final Object diskLock = new Object();

    PodStore(PodPaths paths) {
        this.paths = paths;
    }

    /** A batch that was accepted and perhaps not spread. */
    record Batch(boolean snapshot, Delta delta) {}

    /** Commits a batch: from here on it is taken. */
    void accept(Batch batch) throws IOException {
        byte[] delta = batch.delta().toByteArray();
        byte[] body = new byte[delta.length + 1];
        body[0] = (byte) (batch.snapshot() ? 1 : 0);
        System.arraycopy(delta, 0, body, 1, delta.length);
        acceptedFile().write(body, Durability.PROCESS_CRASH);
        BATCH_PERSISTED.reach();
    }

    Optional<Batch> accepted() throws IOException {
        Optional<StateFile.Contents> contents = acceptedFile().read();
        if (contents.isEmpty()) {
            return Optional.empty();
        }
        byte[] body = contents.get().body();
        return Optional.of(new Batch(body[0] == 1, Delta.parser().parseFrom(body, 1, body.length - 1)));
    }

    /** The batch is spread over the pods' folders. */
    void acceptedDone(long revision) throws IOException {
        StateFile file = revisionFile(paths.run());
        file.write(Long.toString(revision).getBytes(US_ASCII), Durability.PROCESS_CRASH);
        REVISION_PERSISTED.reach();
        acceptedFile().delete();
        BATCH_DONE.reach();
    }

    /** Highest revision that was taken, in this boot or before; 0 for none. */
    long revision() throws IOException {
        long highest = 0;
        for (Path root : List.of(paths.run(), paths.state())) {
            Optional<StateFile.Contents> contents = revisionFile(root).read();
            if (contents.isPresent()) {
                highest = Math.max(
                        highest, Long.parseLong(new String(contents.get().body(), US_ASCII)));
            }
        }
        return highest;
    }

    void writeAssignment(Assignment assignment) throws IOException {
        inMemory(assignment.getPod().getUid()).writeAssignment(assignment, false);
        ASSIGNMENT_PERSISTED.reach();
    }

    void writeFiles(PodFiles files) throws IOException {
        inMemory(files.getPodUid()).writeFiles(files);
        FILES_PERSISTED.reach();
    }

    void writeRecord(String uid, PodRecord record) throws IOException {
        inMemory(uid).writeRecord(record);
        RECORD_PERSISTED.reach();
    }

    /** Forgets a pod that {@link DiskCopies} is no longer told of, on disk first: what is left in memory is taken up again, and forgotten again, by the next agent. */
    void forget(String uid) throws IOException {
        synchronized (diskLock) {
            onDisk(uid).delete();
        }
        inMemory(uid).delete();
        FORGOTTEN.reach();
    }

    /**
     * Every pod, from memory, or, after a reboot, from its copy on disk. A pod whose files are damaged is left out and logged.
     *
     * @throws StateFileException for files of a version that this agent doesn't know: it must not act on half of what is there
     */
    List<StoredPod> readAll() throws IOException {
        Map<String, StoredPod> pods = new LinkedHashMap<>();
        for (String uid : uids(paths.runPods())) {
            read(inMemory(uid)).ifPresent(pod -> pods.put(uid, pod));
        }
        for (String uid : uids(paths.diskPods())) {
            if (!pods.containsKey(uid)) {
                read(onDisk(uid)).ifPresent(pod -> pods.put(uid, pod));
            }
        }
        return List.copyOf(pods.values());
    }

    private static Optional<StoredPod> read(PodFolder folder) throws StateFileException {
        try {
            return folder.read();
        } catch (IOException e) {
            if (e instanceof StateFileException refused
                    && refused.reason() == StateFileException.Reason.UNKNOWN_VERSION) {
                throw refused;
            }
            log.error("A pod's state can't be read; its processes are stopped unless the leader assigns it anew", e);
            return Optional.empty();
        }
    }

    /** After a reboot, nothing in memory counts, should the run directory have survived it. */
    void clearMemory() throws IOException {
        for (String uid : uids(paths.runPods())) {
            inMemory(uid).delete();
        }
        acceptedFile().delete();
    }

    /** Number of this start of the agent since boot, from 1. */
    long countStart() throws IOException {
        StateFile file = new StateFile(paths.run().resolve("agent-starts"), "agent-starts", 1, 1);
        Optional<StateFile.Contents> contents = file.read();
        long starts = contents.isEmpty()
                ? 1
                : 1 + Long.parseLong(new String(contents.get().body(), US_ASCII));
        file.write(Long.toString(starts).getBytes(US_ASCII), Durability.PROCESS_CRASH);
        return starts;
    }

    /** Whether the host was rebooted since the last agent wrote {@code bootId}; true at the first start. */
    boolean rebooted(String bootId) throws IOException {
        Optional<StateFile.Contents> contents = bootIdFile().read();
        return contents.isEmpty() || !new String(contents.get().body(), US_ASCII).equals(bootId);
    }

    void writeBootId(String bootId) throws IOException {
        bootIdFile().write(bootId.getBytes(US_ASCII), Durability.POWER_LOSS);
    }

    /** To the next agent it is as if the host had been rebooted. */
    void forgetBoot() throws IOException {
        bootIdFile().delete();
    }

    /** Whatever the next leader sends is new. */
    void forgetRevision() throws IOException {
        revisionFile(paths.run()).delete();
        revisionFile(paths.state()).delete();
    }

    private StateFile bootIdFile() {
        return new StateFile(paths.state().resolve("pods-boot-id"), "boot-id", 1, 1);
    }

    /**
     * Copies a pod to disk, less its secrets, and syncs.
     *
     * @param current asked when no pod is being forgotten; empty for one that is
     */
    void copyToDisk(Supplier<Optional<StoredPod>> current) throws IOException {
        synchronized (diskLock) {
            Optional<StoredPod> pod = current.get();
            if (pod.isPresent()) {
                copy(pod.get());
            }
        }
    }

    private void copy(StoredPod pod) throws IOException {
        PodFolder disk = onDisk(pod.uid());
        Assignment withoutSecrets = withoutSecrets(pod.assignment());
        disk.writeAssignment(withoutSecrets, !withoutSecrets.equals(pod.assignment()) || hasSecretVolume(pod));
        disk.writeRecord(pod.record());
        for (PodFiles files : pod.files().values()) {
            if (!secretVolumes(pod.assignment().getSpec()).contains(files.getVolume())) {
                disk.writeFiles(files);
            }
        }
    }

    void copyRevisionToDisk(long revision) throws IOException {
        revisionFile(paths.state()).write(Long.toString(revision).getBytes(US_ASCII), Durability.POWER_LOSS);
    }

    private static boolean hasSecretVolume(StoredPod pod) {
        return !secretVolumes(pod.assignment().getSpec()).isEmpty();
    }

    private static List<String> secretVolumes(PodSpec spec) {
        return spec.getVolumesList().stream()
                .filter(volume -> volume.getFiles().getSecret())
                .map(volume -> volume.getName())
                .toList();
    }

    /** Values that came from ConfigMaps, Secrets and fields are not told apart on the wire: none goes to disk. */
    static Assignment withoutSecrets(Assignment assignment) {
        Assignment.Builder builder = assignment.toBuilder();
        builder.getSpecBuilder().clearRegistryLogins();
        Stream.concat(
                        builder.getSpecBuilder().getInitContainersBuilderList().stream(),
                        builder.getSpecBuilder().getContainersBuilderList().stream())
                .forEach(container -> {
                    List<EnvironmentVariable> kept = container.getEnvList().stream()
                            .filter(variable -> !variable.hasLiteral())
                            .toList();
                    container.clearEnv().addAllEnv(kept);
                });
        return builder.build();
    }

    private PodFolder inMemory(String uid) {
        return new PodFolder(paths.runPods().resolve(uid), Durability.PROCESS_CRASH);
    }

    private PodFolder onDisk(String uid) {
        return new PodFolder(paths.diskPods().resolve(uid), Durability.POWER_LOSS);
    }

    private StateFile acceptedFile() {
        return new StateFile(paths.run().resolve("accepted"), "pod-batch", 1, 1);
    }

    private static StateFile revisionFile(Path root) {
        return new StateFile(root.resolve("pods-revision"), "pods-revision", 1, 1);
    }

    private static List<String> uids(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
