package dev.gantry.agent.pod;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.network.PodNetwork;
import dev.gantry.agent.pod.ContainerView.Role;
import dev.gantry.agent.time.AlarmClock.Alarm;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one pod through its life, on a thread of its own. Everything that happens to the pod comes through its inbox; after each message, the planner
 * says what to do next. Nothing on this thread waits: what takes long runs elsewhere and posts its outcome.
 */
final class PodWorker implements ContainerOwner {
    private static final Logger log = LoggerFactory.getLogger(PodWorker.class);
    private static final CrashPoint PLANNED = CrashPoint.of("pod.planned");

    private static final long SAVE_AGAIN_MILLIS = 5_000;
    private static final long LONGEST_CLOSE_MILLIS = 5_000;
    /** A plan whose actions change nothing would be planned for ever. */
    private static final int MOST_ROUNDS = 1_000;

    private final PodContext context;
    private final LinkedBlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
    private final Map<String, ContainerLife> containers = new LinkedHashMap<>();
    private final Map<String, Long> fileRevisions = new ConcurrentHashMap<>();
    private final PodSteps steps;
    private Assignment assignment;
    private boolean partial;
    private PodRecord record;
    private Map<String, PodFiles> files;
    private boolean unsaved;
    private boolean closing;
    private @Nullable Alarm alarm;
    private @Nullable Thread thread;

    private volatile boolean removing;
    private volatile PodStatus status;
    private volatile StoredPod stored;
    private volatile Map<String, Container> running = Map.of();

    PodWorker(PodContext context, StoredPod pod) {
        this.context = requireNonNull(context, "context is null");
        this.assignment = pod.assignment();
        this.partial = pod.partial();
        this.record = pod.record();
        this.files = pod.files();
        this.stored = pod;
        files.forEach((volume, known) -> fileRevisions.put(volume, known.getRevision()));
        if (record.forgotten() && assignment.getDesired() != DesiredState.REMOVED) {
            assignment = removed(assignment);
        }
        this.removing = assignment.getDesired() == DesiredState.REMOVED;
        this.steps = new PodSteps(this, context);
        long began = record.startedAtMillis();
        if (began == 0) {
            record = new PodRecord(
                    record.initialized(),
                    context.clock().millis(),
                    record.stopDeadlineMillis(),
                    record.removed(),
                    record.forgotten(),
                    record.containers());
        }
        arrangeContainers();
        this.status = PodStatus.newBuilder().setPod(pod.assignment().getPod()).build();
    }

    /**
     * Takes up what an earlier agent left. Before {@link #start}.
     *
     * @param found containers of the runtime, by id
     */
    void adopt(Map<String, Container> found, boolean rebooted) {
        for (ContainerLife life : containers.values()) {
            String id = ContainerNames.id(
                    pod().getUid(), life.record().name(), life.record().run().attempt());
            life.adopt(Optional.ofNullable(found.get(id)), rebooted);
        }
        if (rebooted && !RestartRules.ended(view())) {
            save(record.withInitialized(false));
            containers.values().forEach(ContainerLife::startAnew);
        }
    }

    /** Ids of the containers of which the runtime may hold something. */
    List<String> heldContainers() {
        return containers.values().stream()
                .filter(life -> life.record().run().held())
                .map(life -> ContainerNames.id(
                        pod().getUid(),
                        life.record().name(),
                        life.record().run().attempt()))
                .toList();
    }

    void start() {
        rememberStopDeadline(assignment, assignment);
        publish();
        thread = Thread.ofVirtual().name("pod-" + pod().getName()).start(this::run);
        post(() -> {});
    }

    /**
     * Ends the thread; containers run on. It is asked to end rather than interrupted, since an interrupt would break off a write of the pod's state.
     */
    void close() throws InterruptedException {
        Thread running = thread;
        if (running != null) {
            post(() -> closing = true);
            running.join(LONGEST_CLOSE_MILLIS);
            running.interrupt();
        }
    }

    void assign(Assignment next) {
        removing |= next.getDesired() == DesiredState.REMOVED;
        post(() -> {
            Assignment before = assignment;
            // a pod that is being removed never comes back under the same uid
            if (before.getDesired() == DesiredState.REMOVED && next.getDesired() != DesiredState.REMOVED) {
                return;
            }
            assignment = next;
            partial = false;
            rememberStopDeadline(before, next);
            if (!before.getSpec().getVolumesList().equals(next.getSpec().getVolumesList())) {
                steps.volumesChanged();
            }
            arrangeContainers();
            remember();
        });
    }

    /** Whether these are newer than the newest that were handed to it. */
    boolean lacks(PodFiles next) {
        return next.getRevision() > fileRevisions.getOrDefault(next.getVolume(), -1L);
    }

    /** Takes files that it {@link #lacks}. */
    void takeFiles(PodFiles next) {
        fileRevisions.put(next.getVolume(), next.getRevision());
        post(() -> {
            Map<String, PodFiles> all = new HashMap<>(files);
            all.put(next.getVolume(), next);
            files = all;
            remember();
            steps.filesChanged(next);
        });
    }

    /** Nobody asks for the pod any more: it is removed if it was not, and then forgotten. */
    void forget() {
        removing = true;
        post(() -> {
            save(record.withForgotten());
            if (assignment.getDesired() != DesiredState.REMOVED) {
                Assignment before = assignment;
                assignment = removed(before);
                rememberStopDeadline(before, assignment);
            }
        });
    }

    private static Assignment removed(Assignment assignment) {
        return assignment.toBuilder()
                .setDesired(DesiredState.REMOVED)
                .setGraceSeconds(assignment.getSpec().getTerminationGraceSeconds())
                .build();
    }

    /** Whether it was ever told to remove the pod. */
    boolean isRemoving() {
        return removing;
    }

    /** Tries at once what waits for something that may have come (an image). */
    void retryNow() {
        post(() -> containers.values().forEach(ContainerLife::retryNow));
    }

    PodStatus status() {
        return status;
    }

    /** What is to be copied to disk. */
    StoredPod stored() {
        return stored;
    }

    Optional<Container> running(String container) {
        return Optional.ofNullable(running.get(container));
    }

    @Override
    public PodIdentity pod() {
        return assignment.getPod();
    }

    @Override
    public PodSpec spec() {
        return assignment.getSpec();
    }

    @Override
    public DesiredState desired() {
        return assignment.getDesired();
    }

    @Override
    public PodNetwork.@Nullable Attachment attachment() {
        return steps.attachment();
    }

    Map<String, PodFiles> files() {
        return files;
    }

    @Override
    public void post(Runnable task) {
        inbox.add(task);
    }

    @Override
    public boolean save(ContainerRecord container) {
        return save(record.with(container));
    }

    private boolean save(PodRecord changed) {
        record = changed;
        remember();
        try {
            context.store().writeRecord(pod().getUid(), changed);
            unsaved = false;
        } catch (IOException e) {
            log.error("State of pod {} could not be written; trying again", pod().getUid(), e);
            unsaved = true;
        }
        return !unsaved;
    }

    private void remember() {
        stored = new StoredPod(assignment, partial, record, files);
        context.observer().recordChanged(pod().getUid());
    }

    @Override
    public void event(String reason, String message, boolean warning, String container) {
        boolean init = spec().getInitContainersList().stream()
                .anyMatch(candidate -> candidate.getName().equals(container));
        String path = container.isEmpty() ? "" : (init ? "spec.initContainers{%s}" : "spec.containers{%s}");
        context.observer()
                .event(PodEvent.newBuilder()
                        .setPod(pod())
                        .setReason(reason)
                        .setMessage(message)
                        .setWarning(warning)
                        .setAtMillis(context.clock().millis())
                        .setFieldPath(path.formatted(container))
                        .build());
    }

    private void run() {
        try {
            while (true) {
                inbox.take().run();
                for (Runnable next = inbox.poll(); next != null; next = inbox.poll()) {
                    next.run();
                }
                if (closing || !step()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            containers.values().forEach(ContainerLife::close);
            if (alarm != null) {
                alarm.cancel();
            }
        }
    }

    /** Plans and acts until there is nothing to do for now; false once the pod is gone. */
    private boolean step() {
        try {
            long wakeAt = act();
            if (unsaved && !save(record)) {
                wakeAt = Math.min(wakeAt, context.clock().millis() + SAVE_AGAIN_MILLIS);
            }
            setAlarm(wakeAt);
            publish();
            if (record.removed() && record.forgotten()) {
                context.observer().gone(pod().getUid());
                return false;
            }
        } catch (RuntimeException e) {
            log.error("Pod {} met a fault of the agent; trying again", pod().getUid(), e);
            setAlarm(context.clock().millis() + SAVE_AGAIN_MILLIS);
        }
        return true;
    }

    private long act() {
        if (partial && desired() != DesiredState.REMOVED) {
            return Long.MAX_VALUE;
        }
        for (int round = 0; round < MOST_ROUNDS; round++) {
            PodPlan plan = PodPlanner.plan(view(), context.clock().millis());
            if (plan.actions().isEmpty()) {
                return plan.wakeAtMillis();
            }
            PLANNED.reach();
            plan.actions().forEach(this::perform);
        }
        throw new IllegalStateException("The plan for pod %s never ends: %s".formatted(pod().getUid(), view()));
    }

    private void perform(PodAction action) {
        switch (action) {
            case PodAction.AttachNetwork attach -> steps.attachNetwork();
            case PodAction.DetachNetwork detach -> steps.detachNetwork();
            case PodAction.SetUpVolumes setUp -> steps.setUpVolumes();
            case PodAction.TearDownVolumes tearDown -> steps.tearDownVolumes();
            case PodAction.MarkInitialized mark -> save(record.withInitialized(true));
            case PodAction.MarkRemoved mark -> save(record.withRemoved());
            case PodAction.OfContainer ofContainer -> perform(ofContainer);
        }
    }

    private void perform(PodAction.OfContainer action) {
        ContainerLife life =
                requireNonNull(containers.get(action.container()), "the plan names a container of the pod");
        switch (action) {
            case PodAction.Start start -> life.start();
            case PodAction.BeginStop stop -> life.beginStop(stop.deadlineMillis(), stop.why());
            case PodAction.Signal signal -> life.signal();
            case PodAction.Kill kill -> life.kill();
            case PodAction.Pause pause -> life.pause();
            case PodAction.Resume resume -> life.resume();
            case PodAction.Free free -> life.free();
        }
    }

    private void setAlarm(long atMillis) {
        if (alarm != null) {
            alarm.cancel();
        }
        alarm = atMillis == Long.MAX_VALUE ? null : context.clock().at(atMillis, () -> post(() -> {}));
    }

    /** The deadline of a stop: shortened by a later assignment with less grace, never put off. */
    private void rememberStopDeadline(Assignment before, Assignment next) {
        boolean stops = next.getDesired() == DesiredState.REMOVED || next.getDesired() == DesiredState.STOPPED_KEPT;
        long deadline = 0;
        if (stops) {
            deadline = context.clock().millis() + next.getGraceSeconds() * 1000L;
            if (record.stopDeadlineMillis() > 0 && before.getDesired() == next.getDesired()) {
                deadline = Math.min(deadline, record.stopDeadlineMillis());
            }
        }
        if (deadline != record.stopDeadlineMillis()) {
            save(record.withStopDeadline(deadline));
        }
    }

    /** Brings the containers in line with the spec: in its order, those it no longer has last, until nothing of them is held. */
    private void arrangeContainers() {
        Map<String, ContainerLife> before = new LinkedHashMap<>(containers);
        containers.clear();
        for (ContainerSpec init : spec().getInitContainersList()) {
            arrange(init, init.getSidecar() ? Role.SIDECAR : Role.INIT, before);
        }
        for (ContainerSpec main : spec().getContainersList()) {
            arrange(main, Role.MAIN, before);
        }
        for (ContainerRecord stray : record.containers()) {
            if (!containers.containsKey(stray.name())) {
                ContainerLife life = before.get(stray.name());
                ContainerSpec spec = life == null
                        ? ContainerSpec.newBuilder().setName(stray.name()).build()
                        : life.view().spec();
                arrange(spec, Role.STRAY, before);
            }
        }
    }

    private void arrange(ContainerSpec spec, Role role, Map<String, ContainerLife> before) {
        ContainerLife life = before.get(spec.getName());
        if (life == null) {
            life = new ContainerLife(this, context, spec, role, record.container(spec.getName()));
        } else {
            life.respec(spec, role);
        }
        containers.put(spec.getName(), life);
    }

    private PodView view() {
        List<ContainerView> views = new ArrayList<>();
        containers.values().forEach(life -> views.add(life.view()));
        return new PodView(
                desired(),
                spec(),
                record.initialized(),
                record.stopDeadlineMillis(),
                record.removed(),
                steps.network(),
                steps.volumes(),
                views);
    }

    private void publish() {
        Map<String, Waiting> waiting = new HashMap<>();
        Map<String, Container> nowRunning = new HashMap<>();
        containers.forEach((name, life) -> {
            if (life.waiting() != null) {
                waiting.put(name, life.waiting());
            }
            life.running().ifPresent(container -> nowRunning.put(name, container));
        });
        running = Map.copyOf(nowRunning);
        Waiting problem = partial
                ? new Waiting(
                        "AwaitingAssignment",
                        "The node was rebooted: the pod starts when the control plane has sent its secrets again")
                : steps.problem();
        PodStatus now = new PodStatuses(
                        pod(),
                        view(),
                        record.startedAtMillis(),
                        steps.addresses(),
                        context.host().hostAddresses().getFirst(),
                        waiting,
                        problem)
                .status();
        if (!now.equals(status.toBuilder().clearSequence().build())) {
            status = now.toBuilder()
                    .setSequence(context.observer().nextSequence())
                    .build();
            context.observer().statusChanged(status);
        }
    }
}
