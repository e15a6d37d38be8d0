package dev.gantry.agent.pod;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.container.ExecConfig;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.image.ImageStore;
import dev.gantry.agent.network.PodNetwork;
import dev.gantry.agent.probe.CheckRunner;
import dev.gantry.agent.time.AlarmClock;
import dev.gantry.agent.volume.PodVolumes;
import dev.gantry.agent.volume.VolumeKernel;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.AttachRequest;
import dev.gantry.wire.node.v1.Delta;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodStatus;
import dev.gantry.wire.node.v1.PortForwardRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pods of this host: a worker for each. Construct, {@link #listen}, then {@link #start}, which takes up what an earlier agent left. Safe for use by
 * many threads.
 */
public final class PodAgent implements PodHost, PodStreams, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PodAgent.class);
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(5);

    private final PodContext context;
    private final PodStore store;
    private final DiskCopies copies;
    private final PodLogs logs;
    private final AssignmentIntake intake;
    private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong sequence = new AtomicLong();

    /**
     * @param images those of running containers are leased
     * @param pulls for images that are not among them
     * @param kernel may block; it is called on threads of each pod's own
     */
    public PodAgent(
            PodAgentConfig config,
            ContainerRuntime runtime,
            ImageStore images,
            ImagePulls pulls,
            PodNetwork network,
            PodCgroups cgroups,
            VolumeKernel kernel,
            AlarmClock clock) {
        requireNonNull(config, "config is null");
        PodPaths paths = new PodPaths(config.stateDirectory(), config.runDirectory());
        this.store = new PodStore(paths);
        this.copies = new DiskCopies(
                store, uid -> Optional.ofNullable(workers.get(uid)).map(PodWorker::stored));
        this.context = new PodContext(
                config,
                paths,
                store,
                requireNonNull(runtime, "runtime is null"),
                requireNonNull(images, "images is null"),
                requireNonNull(pulls, "pulls is null"),
                requireNonNull(network, "network is null"),
                requireNonNull(cgroups, "cgroups is null"),
                new PodVolumes(
                        config.stateDirectory().resolve("volumes"),
                        config.runDirectory().resolve("volumes"),
                        kernel),
                requireNonNull(kernel, "kernel is null"),
                requireNonNull(clock, "clock is null"),
                new CheckRunner(),
                new Observer());
        this.logs = new PodLogs(paths);
        this.intake = new AssignmentIntake(context, copies, workers);
    }

    /**
     * Takes up the pods of an earlier agent, with their containers; frees what belongs to no pod; then runs. A container that is gone counts as lost, or,
     * when the boot id differs, as lost by the reboot.
     *
     * @throws IOException when state can't be read or what is left over can't be freed
     */
    public void start() throws IOException {
        requireRealPath(context.host().stateDirectory());
        requireRealPath(context.host().runDirectory());
        boolean rebooted = store.rebooted(context.host().bootId());
        if (rebooted) {
            store.clearMemory();
        }
        sequence.set((store.countStart() - 1) << 32);
        Map<String, Container> found = new HashMap<>();
        for (Container container : context.runtime().adopt()) {
            found.put(container.config().id(), container);
        }
        Set<String> held = new HashSet<>();
        for (StoredPod pod : store.readAll()) {
            if (rebooted) {
                rewriteInMemory(pod);
            }
            PodWorker worker = new PodWorker(context, pod);
            workers.put(pod.uid(), worker);
            worker.adopt(found, rebooted);
            held.addAll(worker.heldContainers());
        }
        if (rebooted) {
            // only now: an agent that dies before counts the reboot again
            store.writeBootId(context.host().bootId());
        }
        context.runtime().removeAllBut(held);
        context.network().detachAllBut(workers.keySet());
        context.cgroups().deleteAllBut(workers.keySet());
        context.volumes().tearDownAllBut(workers.keySet());
        copies.start();
        workers.values().forEach(PodWorker::start);
        intake.begin();
    }

    /** Launchers follow no symbolic link on the way to what they mount. */
    private static void requireRealPath(Path directory) throws IOException {
        Files.createDirectories(directory);
        if (!directory.toRealPath().equals(directory)) {
            throw new IOException("Directory %s leads through a symbolic link: name its real path, %s"
                    .formatted(directory, directory.toRealPath()));
        }
    }

    private void rewriteInMemory(StoredPod pod) throws IOException {
        if (!pod.partial()) {
            store.writeAssignment(pod.assignment());
            store.writeRecord(pod.uid(), pod.record());
            for (PodFiles files : pod.files().values()) {
                store.writeFiles(files);
            }
        }
    }

    @Override
    public long revision() {
        return intake.revision();
    }

    /** @throws IllegalArgumentException for an assignment that no correct leader sends: nothing of the batch was taken */
    @Override
    public void snapshot(long snapshotRevision, List<Assignment> assignments, List<PodFiles> files) throws IOException {
        intake.take(new PodStore.Batch(
                true,
                Delta.newBuilder()
                        .setRevision(snapshotRevision)
                        .addAllAssignments(assignments)
                        .addAllFiles(files)
                        .build()));
    }

    /** @throws IllegalArgumentException for an assignment that no correct leader sends: nothing of the batch was taken */
    @Override
    public void delta(
            long deltaRevision, List<Assignment> assignments, List<PodFiles> files, List<String> forgottenPodUids)
            throws IOException {
        intake.take(new PodStore.Batch(
                false,
                Delta.newBuilder()
                        .setRevision(deltaRevision)
                        .addAllAssignments(assignments)
                        .addAllFiles(files)
                        .addAllForgottenPodUids(forgottenPodUids)
                        .build()));
    }

    @Override
    public List<PodStatus> statuses() {
        return workers.values().stream().map(PodWorker::status).toList();
    }

    @Override
    public void listen(Listener listener) {
        listeners.add(requireNonNull(listener, "listener is null"));
    }

    /** An image has come to this host, or a way to get one: what waits for one is tried at once. */
    public void imagesChanged() {
        workers.values().forEach(PodWorker::retryNow);
    }

    /** Digests of the images that pods of this host name: not to be collected. */
    public Set<String> imagesInUse() {
        Set<String> digests = new HashSet<>();
        for (PodWorker worker : workers.values()) {
            List<dev.gantry.wire.node.v1.ContainerSpec> all =
                    new ArrayList<>(worker.stored().assignment().getSpec().getInitContainersList());
            all.addAll(worker.stored().assignment().getSpec().getContainersList());
            all.forEach(container -> digests.add(container.getImage().getDigest()));
        }
        digests.remove("");
        return digests;
    }

    @Override
    public ContainerRuntime.ExecProcess exec(ExecRequest request) throws ContainerException {
        return running(request.getPodUid(), request.getContainer())
                .exec(new ExecConfig(request.getCommandList(), Map.of(), request.getStdin(), request.getTty()));
    }

    @Override
    public ContainerRuntime.AttachedStreams attach(AttachRequest request) throws ContainerException {
        return running(request.getPodUid(), request.getContainer()).attach(request.getStdin());
    }

    @Override
    public ContainerRuntime.AttachedStreams portForward(PortForwardRequest request) throws ContainerException {
        StoredPod pod = worker(request.getPodUid()).stored();
        String name = pod.assignment().getPod().getName();
        try {
            String namespace = pod.assignment().getSpec().getHostNetwork()
                    ? ""
                    : context.network()
                            .find(request.getPodUid())
                            .orElseThrow(() -> new ContainerException(
                                    "PodNotRunning", "Pod %s has no network at the moment".formatted(name)))
                            .networkNamespace();
            return PodPort.connect(namespace, request.getPort());
        } catch (IOException e) {
            throw new ContainerException(
                    "PortNotOpen",
                    "Can't connect to port %d of pod %s: %s".formatted(request.getPort(), name, e.getMessage()));
        }
    }

    private Container running(String uid, String container) throws ContainerException {
        PodWorker worker = worker(uid);
        return worker.running(container)
                .orElseThrow(() -> new ContainerException(
                        "ContainerNotRunning",
                        "Container %s of pod %s is not running on this node"
                                .formatted(
                                        container,
                                        worker.stored().assignment().getPod().getName())));
    }

    private PodWorker worker(String uid) throws ContainerException {
        PodWorker worker = workers.get(uid);
        if (worker == null) {
            throw new ContainerException("PodNotFound", "Pod %s is not on this node".formatted(uid));
        }
        return worker;
    }

    @Override
    public void log(LogRequest request, LogSink sink) throws ContainerException, IOException {
        PodWorker worker = worker(request.getPodUid());
        logs.write(request, worker::stored, () -> workers.get(request.getPodUid()) == worker, sink);
    }

    /** Ends the agent's part: containers run on, and the next agent takes them up. */
    @Override
    public void close() throws InterruptedException {
        intake.close();
        endWorkers();
        copies.close();
    }

    /** Ends without writing anything more, as a death of the process would. */
    void abandon() throws InterruptedException {
        intake.close();
        copies.abandon();
        endWorkers();
    }

    /** All at once: one that takes its time takes no other's. */
    private void endWorkers() throws InterruptedException {
        workers.values().forEach(PodWorker::close);
        long deadline = System.nanoTime() + LONGEST_CLOSE.toNanos();
        for (Map.Entry<String, PodWorker> worker : workers.entrySet()) {
            if (!worker.getValue().awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                log.warn("A step of pod {} is still under way; it is left behind", worker.getKey());
            }
        }
    }

    private final class Observer implements PodObserver {
        @Override
        public long nextSequence() {
            return sequence.incrementAndGet();
        }

        @Override
        public void statusChanged(PodStatus status) {
            listeners.forEach(listener -> listener.statusChanged(status));
        }

        @Override
        public void event(PodEvent event) {
            listeners.forEach(listener -> listener.event(event));
        }

        @Override
        public void recordChanged(String podUid) {
            copies.podChanged(podUid);
        }

        @Override
        public void gone(String podUid) {
            workers.remove(podUid);
            try {
                store.forget(podUid);
            } catch (IOException e) {
                log.warn("Pod {} is removed, but its state could not be deleted; the next agent does", podUid, e);
            }
        }
    }
}
