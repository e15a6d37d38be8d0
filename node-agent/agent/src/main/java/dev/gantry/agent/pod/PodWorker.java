package dev.gantry.agent.pod;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.network.PodNetwork;
import dev.gantry.agent.time.AlarmClock.Alarm;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodStatus;
import java.io.IOException;
import java.time.Duration;
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
    /** A plan whose actions change nothing would be planned for ever. */
    private static final int MOST_ROUNDS = 1_000;

    private final PodContext context;
    private final PodMemory memory;
    private final PodContainers containers;
    private final PodSteps steps;
    private final LinkedBlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
    private final Map<String, Long> fileRevisions = new ConcurrentHashMap<>();
    private boolean closing;
    private @Nullable Alarm alarm;
    private @Nullable Thread thread;

    private volatile boolean removing;
    private volatile PodStatus status;
    private volatile Map<String, Container> running = Map.of();

    PodWorker(PodContext context, StoredPod pod) {
        this.context = requireNonNull(context, "context is null");
        this.memory = new PodMemory(context, pod);
        pod.files().forEach((volume, known) -> fileRevisions.put(volume, known.getRevision()));
        if (pod.record().forgotten() && desired() != DesiredState.REMOVED) {
            memory.assignRemoval();
        }
        if (pod.record().startedAtMillis() == 0) {
            memory.begin(context.clock().millis());
        }
        this.removing = desired() == DesiredState.REMOVED;
        this.steps = new PodSteps(this, context);
        this.containers = new PodContainers(this, context);
        containers.arrange(spec(), memory.record());
        this.status = PodStatus.newBuilder().setPod(pod()).build();
    }

    /**
     * Takes up what an earlier agent left. Before {@link #start}.
     *
     * @param found containers of the runtime, by id
     */
    void adopt(Map<String, Container> found, boolean rebooted) throws IOException {
        steps.adoptNetwork();
        containers.adopt(found, rebooted);
        if (containers.anyRuns()) {
            steps.containersRunOn();
        }
        if (rebooted && !RestartRules.ended(view())) {
            memory.save(memory.record().withInitialized(false));
            containers.startAnew();
        }
    }

    /** Ids of the containers of which the runtime may hold something. */
    List<String> heldContainers() {
        return containers.held();
    }

    void start() {
        rememberStopDeadline(memory.assignment(), memory.assignment());
        publish();
        thread = Thread.ofVirtual().name("pod-" + pod().getName()).start(this::run);
        post(() -> {});
    }

    /**
     * Ends the thread and the steps, soon; containers run on. They are asked to end rather than interrupted, since an interrupt would break off a write of the
     * pod's state.
     */
    void close() {
        steps.close();
        post(() -> closing = true);
    }

    /** Waits for the end of what was closed; false when a step is still under way. */
    boolean awaitEnd(Duration patience) throws InterruptedException {
        Thread running = thread;
        if (running != null) {
            running.join(patience);
            running.interrupt();
        }
        return steps.awaitEnd(patience);
    }

    void assign(Assignment next) {
        removing |= next.getDesired() == DesiredState.REMOVED;
        post(() -> {
            Assignment before = memory.assignment();
            // a pod that is being removed never comes back under the same uid
            if (before.getDesired() == DesiredState.REMOVED && next.getDesired() != DesiredState.REMOVED) {
                return;
            }
            memory.assign(next);
            rememberStopDeadline(before, next);
            if (!before.getSpec().getVolumesList().equals(next.getSpec().getVolumesList())) {
                steps.volumesChanged();
            }
            containers.arrange(spec(), memory.record());
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
            memory.take(next);
            steps.filesChanged(next);
        });
    }

    /** Nobody asks for the pod any more: it is removed if it was not, and then forgotten. */
    void forget() {
        removing = true;
        post(() -> {
            memory.save(memory.record().withForgotten());
            if (desired() != DesiredState.REMOVED) {
                Assignment before = memory.assignment();
                memory.assignRemoval();
                rememberStopDeadline(before, memory.assignment());
            }
        });
    }

    /** Whether it was ever told to remove the pod. */
    boolean isRemoving() {
        return removing;
    }

    /** Tries at once what waits for something that may have come (an image). */
    void retryNow() {
        post(containers::retryNow);
    }

    PodStatus status() {
        return status;
    }

    StoredPod stored() {
        return memory.stored();
    }

    Optional<Container> running(String container) {
        return Optional.ofNullable(running.get(container));
    }

    @Override
    public PodIdentity pod() {
        return memory.assignment().getPod();
    }

    @Override
    public PodSpec spec() {
        return memory.assignment().getSpec();
    }

    @Override
    public DesiredState desired() {
        return memory.assignment().getDesired();
    }

    @Override
    public PodNetwork.@Nullable Attachment attachment() {
        return steps.attachment();
    }

    @Override
    public Optional<String> address() {
        return steps.address();
    }

    /** What waited for the pod's network goes on. */
    void networkAttached() {
        containers.networkAttached();
    }

    Map<String, PodFiles> files() {
        return memory.files();
    }

    @Override
    public void post(Runnable task) {
        inbox.add(task);
    }

    @Override
    public boolean save(ContainerRecord container) {
        return memory.save(memory.record().with(container));
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
            containers.close();
            if (alarm != null) {
                alarm.cancel();
            }
        }
    }

    /** Plans and acts until there is nothing to do for now; false once the pod is gone. */
    private boolean step() {
        try {
            long wakeAt = act();
            if (!memory.saveUnsaved()) {
                wakeAt = Math.min(wakeAt, context.clock().millis() + SAVE_AGAIN_MILLIS);
            }
            setAlarm(wakeAt);
            publish();
            if (memory.record().removed() && memory.record().forgotten()) {
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
        if (memory.partial() && desired() != DesiredState.REMOVED) {
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
            case PodAction.MarkInitialized mark -> memory.save(memory.record().withInitialized(true));
            case PodAction.MarkRemoved mark -> memory.save(memory.record().withRemoved());
            case PodAction.OfContainer ofContainer -> containers.perform(ofContainer);
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
        PodRecord record = memory.record();
        long deadline = 0;
        if (stops) {
            deadline = context.clock().millis() + next.getGraceSeconds() * 1000L;
            if (record.stopDeadlineMillis() > 0 && before.getDesired() == next.getDesired()) {
                deadline = Math.min(deadline, record.stopDeadlineMillis());
            }
        }
        if (deadline != record.stopDeadlineMillis()) {
            memory.save(record.withStopDeadline(deadline));
        }
    }

    private PodView view() {
        PodRecord record = memory.record();
        return new PodView(
                desired(),
                spec(),
                record.initialized(),
                record.stopDeadlineMillis(),
                record.removed(),
                steps.network(),
                steps.volumes(),
                containers.views());
    }

    private void publish() {
        running = containers.running();
        Waiting problem = memory.partial()
                ? new Waiting(
                        "AwaitingAssignment",
                        "The node was rebooted: the pod starts when the control plane has sent its secrets again")
                : steps.problem();
        PodStatus now = new PodStatuses(
                        pod(),
                        view(),
                        memory.record().startedAtMillis(),
                        steps.addresses(),
                        context.host().hostAddresses().getFirst(),
                        containers.waiting(),
                        containers.images(),
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
