package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.pod.ContainerView.Hook;
import dev.gantry.agent.pod.ContainerView.Role;
import dev.gantry.agent.pod.ContainerView.Stop;
import dev.gantry.agent.pod.PodView.Step;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.PodSpec.RestartPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** The planner against a model of a host on virtual time, whatever happens in whatever order. */
class PodPlannerPropertyTest {
    @Property(tries = 500)
    void keepsItsPromisesWhateverHappens(@ForAll long seed) {
        World world = new World(new Random(seed));
        for (int step = 0; step < 60; step++) {
            world.somethingHappens();
            world.settle();
        }
    }

    @Property(tries = 300)
    void alwaysGetsRidOfAPod(@ForAll long seed) {
        World world = new World(new Random(seed));
        for (int step = 0; step < 20; step++) {
            world.somethingHappens();
            world.settle();
        }
        world.remove();
        for (int step = 0; step < 60 && !world.removed; step++) {
            world.settle();
            world.now += 10_000;
        }
        assertThat(world.removed).isTrue();
        assertThat(world.containers)
                .noneMatch(container -> container.record.run().held());
        assertThat(world.network).isEqualTo(Step.State.FREED);
        assertThat(world.volumes).isEqualTo(Step.State.FREED);
    }

    @Property(tries = 300)
    void bringsAPodUpWhenNothingDisturbsIt(@ForAll long seed) {
        World world = new World(new Random(seed));
        for (int step = 0; step < 20; step++) {
            world.somethingHappens();
            world.settle();
        }
        if (world.desired == DesiredState.REMOVED) {
            return;
        }
        world.policy = RestartPolicy.ALWAYS;
        world.desired = DesiredState.RUNNING;
        world.stopDeadline = 0;
        for (int step = 0; step < 200; step++) {
            world.settle();
            world.finishInits();
            world.now += 10_000;
        }
        assertThat(world.initialized).isTrue();
        assertThat(world.containers)
                .filteredOn(container -> container.role != Role.INIT)
                .allMatch(container -> container.record.run().running()
                        && !container.paused
                        && container.record.run().generation() == container.generation);
    }

    private static final class Modelled {
        final String name;
        final Role role;
        long generation = 1;
        ContainerRecord record;
        boolean paused;

        @Nullable
        Stop stop;

        @Nullable
        String unhealthy;

        Modelled(String name, Role role) {
            this.name = name;
            this.role = role;
            this.record = ContainerRecord.unstarted(name);
        }

        ContainerSpec spec() {
            return container(name)
                    .setGeneration(generation)
                    .setSidecar(role == Role.SIDECAR)
                    .build();
        }
    }

    private static final class World {
        private final Random random;
        private long now = 1_000_000;
        private DesiredState desired = DesiredState.RUNNING;
        private RestartPolicy policy;
        private long stopDeadline;
        private boolean initialized;
        private boolean removed;
        private Step.State network = Step.State.UNKNOWN;
        private Step.State volumes = Step.State.UNKNOWN;
        private final List<Modelled> containers = new ArrayList<>();

        World(Random random) {
            this.random = random;
            RestartPolicy[] policies = {RestartPolicy.ALWAYS, RestartPolicy.ON_FAILURE, RestartPolicy.NEVER};
            policy = policies[random.nextInt(policies.length)];
            for (int i = random.nextInt(3); i > 0; i--) {
                containers.add(new Modelled("init" + i, random.nextBoolean() ? Role.INIT : Role.SIDECAR));
            }
            for (int i = 1 + random.nextInt(2); i > 0; i--) {
                containers.add(new Modelled("main" + i, Role.MAIN));
            }
        }

        void somethingHappens() {
            Modelled one = containers.get(random.nextInt(containers.size()));
            switch (random.nextInt(9)) {
                case 0, 1 -> exit(one, random.nextInt(2));
                case 2 -> now += random.nextInt(400_000);
                case 3 -> one.generation++;
                case 4 -> one.unhealthy = one.record.run().running() ? "unwell" : null;
                case 5 -> desire(DesiredState.PAUSED);
                case 6 -> desire(DesiredState.STOPPED_KEPT);
                case 7 -> loseNetwork();
                default -> desire(random.nextInt(10) == 0 ? DesiredState.REMOVED : DesiredState.RUNNING);
            }
        }

        /** The agent died, and the holder of the pod's namespaces. */
        private void loseNetwork() {
            if (removed) {
                return;
            }
            boolean anyRuns =
                    containers.stream().anyMatch(one -> one.record.run().running());
            network = anyRuns ? Step.State.LOST : Step.State.UNKNOWN;
        }

        void remove() {
            desire(DesiredState.REMOVED);
        }

        private void desire(DesiredState next) {
            if (desired != DesiredState.REMOVED) {
                boolean stops = next == DesiredState.STOPPED_KEPT || next == DesiredState.REMOVED;
                stopDeadline = stops ? now + random.nextInt(40_000) : 0;
                desired = next;
            }
        }

        void finishInits() {
            containers.stream().filter(one -> one.role == Role.INIT).forEach(one -> exit(one, 0));
        }

        private void exit(Modelled one, int code) {
            Run run = one.record.run();
            if (run.running() && !one.paused) {
                Termination end = new Termination(code, 0, "Error", "", run.startedAtMillis(), now, "id");
                one.record = one.stop != null && desired == DesiredState.STOPPED_KEPT
                        ? one.record.stoppedToBeKept(end)
                        : one.record.ended(end);
                one.stop = null;
                one.unhealthy = null;
                one.paused = false;
            }
        }

        void settle() {
            for (int round = 0; round < 200; round++) {
                PodPlan plan = PodPlanner.plan(view(), now);
                if (plan.actions().isEmpty()) {
                    assertThat(plan.wakeAtMillis()).isGreaterThan(now);
                    return;
                }
                plan.actions().forEach(this::apply);
            }
            throw new AssertionError("the plan never ends: " + view());
        }

        private void apply(PodAction action) {
            switch (action) {
                case PodAction.AttachNetwork attach -> {
                    if (network == Step.State.LOST) {
                        assertThat(containers).noneMatch(one -> one.record.run().running());
                    }
                    network = Step.State.READY;
                }
                case PodAction.SetUpVolumes setUp -> {
                    assertThat(network).isEqualTo(Step.State.READY);
                    volumes = Step.State.READY;
                }
                case PodAction.DetachNetwork detach -> {
                    assertNothingRuns();
                    network = Step.State.FREED;
                }
                case PodAction.TearDownVolumes tearDown -> {
                    assertThat(desired).isEqualTo(DesiredState.REMOVED);
                    assertNothingRuns();
                    volumes = Step.State.FREED;
                }
                case PodAction.MarkInitialized mark -> initialized = true;
                case PodAction.MarkRemoved mark -> removed = true;
                case PodAction.OfContainer ofContainer -> apply(ofContainer);
            }
        }

        private void apply(PodAction.OfContainer action) {
            Modelled one = containers.stream()
                    .filter(candidate -> candidate.name.equals(action.container()))
                    .findFirst()
                    .orElseThrow();
            switch (action) {
                case PodAction.Start start -> start(one);
                case PodAction.BeginStop begin -> {
                    assertThat(one.stop).isNull();
                    assertThat(one.record.run().running()).isTrue();
                    one.stop = new Stop(now, begin.deadlineMillis(), false, Hook.DONE, 0, 0);
                }
                case PodAction.Signal signal -> {
                    assertThat(one.paused).isFalse();
                    if (one.role == Role.SIDECAR && desired == DesiredState.REMOVED && now < stopDeadline) {
                        assertThat(containers)
                                .noneMatch(other -> other.role == Role.MAIN
                                        && other.record.run().running());
                    }
                    one.stop = one.stop == null ? null : one.stop.signalled(now);
                    if (random.nextBoolean()) {
                        exit(one, 143);
                    }
                }
                case PodAction.Kill kill -> {
                    assertThat(one.stop).isNotNull();
                    one.stop = one.stop == null ? null : one.stop.killed(now);
                    one.paused = false;
                    exit(one, 137);
                }
                case PodAction.Pause pause -> {
                    assertThat(desired).isEqualTo(DesiredState.PAUSED);
                    one.paused = true;
                }
                case PodAction.Resume resume -> one.paused = false;
                case PodAction.Free free ->
                    one.record = one.record.with(one.record.run().withFreed());
            }
        }

        private void start(Modelled one) {
            assertThat(desired).isEqualTo(DesiredState.RUNNING);
            assertThat(network).isEqualTo(Step.State.READY);
            assertThat(volumes).isEqualTo(Step.State.READY);
            assertThat(one.record.run().held()).isFalse();
            if (one.role == Role.MAIN) {
                assertThat(initialized).isTrue();
            }
            if (one.role == Role.INIT) {
                assertThat(containers)
                        .noneMatch(other -> other.role == Role.INIT
                                && other != one
                                && other.record.run().running());
            }
            Run before = one.record.run();
            boolean wanted = before.resume() || one.generation > before.generation();
            if (!wanted) {
                assertThat(now).isGreaterThanOrEqualTo(one.record.history().notBeforeMillis());
            }
            ContainerRecord starting = one.record.starting(one.generation, false);
            assertThat(starting.run().attempt()).isGreaterThan(before.attempt());
            one.record = starting.with(starting.run().running(now).withStarted(true));
        }

        private void assertNothingRuns() {
            assertThat(containers).noneMatch(one -> one.record.run().running());
        }

        private PodView view() {
            PodSpec.Builder spec = pod().setRestartPolicy(policy);
            List<ContainerView> views = new ArrayList<>();
            for (Modelled one : containers) {
                if (one.role == Role.MAIN) {
                    spec.addContainers(one.spec());
                } else {
                    spec.addInitContainers(one.spec());
                }
                views.add(new ContainerView(
                        one.spec(), one.role, one.record, false, one.paused, one.stop, one.unhealthy, 0));
            }
            return new PodView(
                    desired,
                    spec.build(),
                    initialized,
                    stopDeadline,
                    removed,
                    new Step(network, false, 0),
                    new Step(volumes, false, 0),
                    views);
        }
    }
}
