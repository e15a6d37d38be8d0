package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.container.ExitRecord;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.image.ImageStore;
import dev.gantry.agent.pod.ContainerView.Hook;
import dev.gantry.agent.pod.ContainerView.Role;
import dev.gantry.agent.pod.ContainerView.Stop;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ContainerSpec;
import java.io.IOException;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One container of a pod: carries out what the planner decides for it, and remembers what comes of it. Used by the pod's thread only; what takes long
 * runs elsewhere and is posted back.
 */
final class ContainerLife {
    private static final Logger log = LoggerFactory.getLogger(ContainerLife.class);
    private static final long RETRY_MILLIS = 5_000;
    /** A pull tells of its end: this is for one that doesn't. */
    private static final long LOOK_AGAIN_MILLIS = 3_600_000;

    private final ContainerOwner owner;
    private final PodContext context;
    private final ImageLookup images;
    private final ContainerControl control;
    private final Lane startLane;
    private ContainerSpec spec;
    private Role role;
    private ContainerRecord record;
    private boolean busy;
    private @Nullable Stop stop;
    /** Whether the stop under way was begun to keep the container. */
    private boolean stopKept;

    private @Nullable String unhealthy;
    private long retryAtMillis;
    private @Nullable Waiting waiting;
    /** The image that is being pulled; null for none. */
    private ImagePulls.@Nullable Wanted pulling;
    /** Digest of the image that was pulled for the next start, and told of; empty for none. */
    private String pulled = "";

    private @Nullable Container container;
    private ImageStore.@Nullable Lease lease;
    private @Nullable ContainerHealth health;

    ContainerLife(ContainerOwner owner, PodContext context, ContainerSpec spec, Role role, ContainerRecord record) {
        this.owner = owner;
        this.context = context;
        this.spec = spec;
        this.role = role;
        this.record = record;
        this.images = new ImageLookup(context.images(), context.clock(), new SplittableRandom());
        this.control = new ContainerControl(owner, spec.getName(), context.clock());
        // resolves paths of volumes, which may wait for a file server
        this.startLane = Lane.platform("start-%s-%s".formatted(owner.pod().getName(), spec.getName()));
    }

    ContainerView view() {
        return new ContainerView(
                spec,
                role,
                record,
                busy,
                control.paused(),
                stop,
                unhealthy,
                Math.max(retryAtMillis, control.retryAtMillis()));
    }

    @Nullable
    Waiting waiting() {
        return waiting;
    }

    /** Of the image that its container was started with; without a container, of the one that is wanted. Empty when that is not known. */
    String imageDigest() {
        String ofContainer =
                container == null ? null : container.config().labels().get(ContainerNames.IMAGE);
        return ofContainer == null ? spec.getImage().getDigest() : ofContainer;
    }

    Optional<Container> running() {
        return record.run().running() ? Optional.ofNullable(container) : Optional.empty();
    }

    /** Takes a new spec; one that differs is tried at once. */
    void respec(ContainerSpec newSpec, Role newRole) {
        if (!spec.equals(newSpec)) {
            retryAtMillis = 0;
            images.startOver();
        }
        if (!spec.getImage().equals(newSpec.getImage())) {
            pulling = null;
            pulled = "";
        }
        spec = newSpec;
        role = newRole;
    }

    void retryNow() {
        if (!record.run().running() && !busy) {
            retryAtMillis = 0;
            images.retryNow();
        }
    }

    /**
     * Takes up what an earlier agent left.
     *
     * @param found in the runtime, under the id of the latest run
     */
    void adopt(Optional<Container> found, boolean rebooted) {
        if (rebooted && !record.rebooted().equals(record)) {
            save(record.rebooted());
        }
        Run run = record.run();
        container = found.orElse(null);
        if (run.stage() == Run.Stage.STARTING && found.isEmpty()) {
            save(record.with(run.abandoned()));
        } else if (run.stage() == Run.Stage.STARTING || run.stage() == Run.Stage.RUNNING) {
            if (found.isEmpty()) {
                ExitRecord.Cause cause = rebooted ? ExitRecord.Cause.REBOOT : ExitRecord.Cause.LOST;
                record = record.with(run.running(run.startedAtMillis()));
                ended(new ExitRecord(137, 9, cause, context.clock().millis()));
            } else {
                adoptRunning(found.get());
            }
        }
    }

    private void adoptRunning(Container found) {
        save(record.with(record.run().running(found.startedAtMillis())));
        try {
            lease = context.images().lease(imageDigest(), found.config().id());
        } catch (IOException e) {
            log.warn(
                    "Image of running container {} is not in the store",
                    found.config().id(),
                    e);
        }
        if (found.exit().isPresent()) {
            ended(found.exit().get());
            return;
        }
        watch(found);
        // whether the last agent had frozen or thawed it, it left no word
        if (owner.desired() == DesiredState.PAUSED) {
            pause();
        } else {
            resume();
        }
    }

    /** After a reboot, an init container that had done its work does it again: what it did to the host is gone. */
    void startAnew() {
        if (role != Role.MAIN && record.run().exited()) {
            save(record.with(record.run().abandoned()));
        }
    }

    void start() {
        switch (images.look(spec.getImage(), WireConversion.logins(owner.spec()), pulled)) {
            case ImageLookup.Present present -> start(present.image());
            case ImageLookup.Absent absent -> pull(absent.wanted());
            case ImageLookup.BackingOff backingOff -> {
                event(
                        "BackOff",
                        "Back-off pulling image \"%s\""
                                .formatted(spec.getImage().getName()),
                        false);
                waitFor(backingOff.why(), backingOff.retryMillis());
            }
            case ImageLookup.Missing missing -> {
                if (missing.first()) {
                    event("Failed", missing.why().message(), true);
                }
                waitFor(missing.why(), missing.retryMillis());
            }
        }
    }

    /** The pod's thread does not wait: what comes of the pull is posted. */
    private void pull(ImagePulls.Wanted wanted) {
        waiting = null;
        retryAtMillis = context.clock().millis() + LOOK_AGAIN_MILLIS;
        if (wanted.equals(pulling)) {
            return;
        }
        pulling = wanted;
        long began = context.clock().millis();
        event("Pulling", "Pulling image \"%s\"".formatted(wanted.name()), false);
        var _ = context.pulls()
                .pull(wanted)
                .whenComplete((outcome, failure) -> owner.post(() -> pullEnded(wanted, began, outcome, failure)));
    }

    private void pullEnded(
            ImagePulls.Wanted wanted, long began, ImagePulls.@Nullable Pulled outcome, @Nullable Throwable failure) {
        if (!wanted.equals(pulling)) {
            return; // another image is wanted by now
        }
        pulling = null;
        if (outcome != null) {
            pulled = outcome.image().digest();
            event(
                    "Pulled",
                    "Successfully pulled image \"%s\" in %s (%s including waiting). Image size: %d bytes."
                            .formatted(
                                    wanted.name(),
                                    seconds(outcome.took().toMillis()),
                                    seconds(context.clock().millis() - began),
                                    outcome.bytes()),
                    false);
            retryAtMillis = 0;
            return;
        }
        String why = failure instanceof Exception e ? FailureMessage.of(e, context.paths()) : String.valueOf(failure);
        event("Failed", "Failed to pull image \"%s\": %s".formatted(wanted.name(), why), true);
        event("Failed", "Error: ErrImagePull", true);
        waitFor(new Waiting("ErrImagePull", why), images.failed(why));
    }

    private static String seconds(long millis) {
        return "%d.%03ds".formatted(millis / 1000, millis % 1000);
    }

    private void start(ImageStore.Image image) {
        ContainerRecord before = record;
        if (!save(record.starting(spec.getGeneration(), owner.spec().getKeepWritableLayer()))) {
            save(before);
            waitFor(
                    new Waiting(
                            "StateNotSaved", "The agent can't write its state (is the disk full?); the start waits"),
                    RETRY_MILLIS);
            return;
        }
        busy = true;
        ContainerStart start =
                new ContainerStart(context, owner.pod(), owner.spec(), spec, record, image, owner.attachment());
        startLane.submit(() -> {
            ContainerStart.Outcome outcome = start.attempt();
            owner.post(() -> tried(outcome, before));
        });
    }

    private void waitFor(Waiting why, long millis) {
        waiting = why;
        retryAtMillis = context.clock().millis() + millis;
    }

    private void tried(ContainerStart.Outcome outcome, ContainerRecord before) {
        busy = false;
        switch (outcome) {
            case ContainerStart.Started started -> started(started);
            case ContainerStart.CouldNotRun couldNot -> couldNotRun(couldNot.message());
            case ContainerStart.NotMade not -> notMade(new Waiting(not.reason(), not.message()), before);
        }
    }

    private void started(ContainerStart.Started started) {
        container = started.container();
        lease = started.lease();
        retryAtMillis = 0;
        waiting = null;
        save(record.with(record.run().running(started.container().startedAtMillis())));
        if (pulled.isEmpty()) {
            event(
                    "Pulled",
                    "Container image \"%s\" already present on machine"
                            .formatted(spec.getImage().getName()),
                    false);
        }
        pulled = "";
        event("Created", "Created container " + spec.getName(), false);
        event("Started", "Started container " + spec.getName(), false);
        watch(started.container());
        beginHealth(started.container());
    }

    /** A run that ended before it began. */
    private void couldNotRun(String message) {
        waiting = new Waiting(ContainerException.RUN_CONTAINER_ERROR, message);
        event("Failed", "Error: " + message, true);
        save(record.ended(new Termination(
                128, 0, "ContainerCannotRun", message, 0, context.clock().millis(), id())));
    }

    /** As if the start had not been tried; soon it is tried again. */
    private void notMade(Waiting why, ContainerRecord before) {
        if (waiting == null || !waiting.reason().equals(why.reason())) {
            event("Failed", "Error: " + why.message(), true);
        }
        save(before);
        waitFor(why, RETRY_MILLIS);
    }

    private void watch(Container watched) {
        int attempt = record.run().attempt();
        watched.onExit(exit -> owner.post(() -> {
            if (record.run().attempt() == attempt && record.run().running()) {
                ended(exit);
            }
        }));
    }

    /** Begins where it could not begin before, for want of an address to check. */
    void networkAttached() {
        if (container != null && record.run().running() && health == null && stop == null && !control.paused()) {
            beginHealth(container);
        }
    }

    private void beginHealth(Container of) {
        endHealth();
        Optional<String> address = owner.address();
        if (address.isEmpty()) {
            return;
        }
        health = new ContainerHealth(
                owner,
                context,
                spec,
                of,
                address.get(),
                new HealthListener(record.run().attempt()));
        health.begin(record.run());
    }

    private void ended(ExitRecord exit) {
        endHealth();
        boolean kept =
                stopKept && owner.desired() == DesiredState.RUNNING || owner.desired() == DesiredState.STOPPED_KEPT;
        Termination termination =
                Terminations.of(context.paths(), owner.pod().getUid(), spec, record.run(), exit, id());
        stop = null;
        stopKept = false;
        unhealthy = null;
        control.startOver();
        if (kept) {
            save(record.stoppedToBeKept(termination));
        } else if (exit.cause() == ExitRecord.Cause.REBOOT) {
            save(record.endedByReboot(termination));
        } else {
            save(record.ended(termination));
        }
        if (record.history().notBeforeMillis() > termination.finishedAtMillis()
                && RestartRules.restarts(view(), owner.spec().getRestartPolicy())) {
            event("BackOff", "Back-off restarting failed container " + spec.getName(), true);
        }
    }

    void beginStop(long deadlineMillis, String why) {
        long now = context.clock().millis();
        boolean hook = spec.hasPreStop() && deadlineMillis > now && !role.equals(Role.INIT);
        stop = new Stop(now, deadlineMillis, hook, hook ? Hook.RUNNING : Hook.DONE, 0, 0);
        stopKept = owner.desired() == DesiredState.STOPPED_KEPT;
        event("Killing", "Stopping container %s: %s".formatted(spec.getName(), why), false);
        if (health != null) {
            health.stopping(hook, deadlineMillis - now);
        } else if (hook) {
            stop = stop.hookDone();
        }
    }

    void signal() {
        if (stop != null) {
            stop = stop.signalled(context.clock().millis());
        }
        String ofImage = context.images()
                .find(imageDigest())
                .map(image -> image.config().stopSignal())
                .orElse("");
        int number = StopSignal.of(spec, ofImage);
        if (container != null) {
            control.signal(container, number);
        }
    }

    void kill() {
        if (stop != null) {
            stop = stop.killed(context.clock().millis());
        }
        if (container != null) {
            control.kill(container);
        }
    }

    void pause() {
        endHealth();
        if (container != null) {
            control.pause(container);
        }
    }

    void resume() {
        if (container != null) {
            control.resume(container);
            if (stop == null) {
                beginHealth(container);
            }
        }
    }

    void free() {
        busy = true;
        boolean keepLayer = owner.desired() != DesiredState.REMOVED
                && (owner.spec().getKeepWritableLayer() || record.run().resume());
        ContainerFree free = new ContainerFree(context, owner.pod().getUid(), record, container, lease, keepLayer);
        startLane.submit(() -> {
            try {
                free.free();
                owner.post(this::freed);
            } catch (IOException | RuntimeException e) {
                log.warn("Could not free container {}; trying again", id(), e);
                owner.post(() -> {
                    busy = false;
                    retryAtMillis = context.clock().millis() + RETRY_MILLIS;
                });
            }
        });
    }

    private void freed() {
        busy = false;
        retryAtMillis = 0;
        container = null;
        lease = null;
        save(record.with(record.run().withFreed()));
    }

    /** Stops watching; the container runs on. */
    void close() {
        endHealth();
    }

    private void endHealth() {
        if (health != null) {
            health.close();
            health = null;
        }
    }

    private boolean save(ContainerRecord changed) {
        record = changed;
        return owner.save(changed);
    }

    /** Of its latest run, in the runtime. */
    String id() {
        return ContainerNames.id(
                owner.pod().getUid(), spec.getName(), record.run().attempt());
    }

    private void event(String reason, String message, boolean warning) {
        owner.event(reason, message, warning, spec.getName());
    }

    /** What is found out about one run's health; news of an earlier run is dropped. */
    private final class HealthListener implements ContainerHealth.Listener {
        private final int attempt;

        HealthListener(int attempt) {
            this.attempt = attempt;
        }

        @Override
        public void postStartDone() {
            post(() -> save(record.with(record.run().withPostStartDone())));
        }

        @Override
        public void started() {
            post(() -> {
                Run run = record.run().withStarted(true);
                save(record.with(spec.hasReadinessProbe() ? run : run.withReady(true)));
            });
        }

        @Override
        public void ready(boolean ready) {
            post(() -> save(record.with(record.run().withReady(ready))));
        }

        @Override
        public void unhealthy(String why) {
            post(() -> unhealthy = why);
        }

        @Override
        public void preStopDone() {
            post(() -> {
                if (stop != null) {
                    stop = stop.hookDone();
                }
            });
        }

        private void post(Runnable task) {
            owner.post(() -> {
                if (record.run().attempt() == attempt && record.run().running()) {
                    task.run();
                }
            });
        }
    }
}
