package dev.gantry.agent.pod;

import dev.gantry.agent.probe.CheckResult;
import dev.gantry.agent.probe.CheckRunner;
import dev.gantry.agent.probe.CheckTarget;
import dev.gantry.agent.probe.ProbeCounter;
import dev.gantry.agent.probe.ProbeLoop;
import dev.gantry.agent.time.AlarmClock;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.Probe;
import java.util.ArrayList;
import java.util.List;

/** The probes of one run of a container: the startup probe first, then readiness and liveness beside each other. */
final class ContainerProbes implements AutoCloseable {
    /** What probes find out. Called on their threads. */
    interface Listener {
        /** The startup probe passed. */
        void started();

        void ready(boolean ready);

        /** It must be restarted. */
        void unhealthy(String why);

        /** A check failed that changes nothing yet, or for the first time in a row. */
        void failed(String why);
    }

    private final String name;
    private final ContainerSpec spec;
    private final CheckTarget target;
    private final CheckRunner runner;
    private final AlarmClock clock;
    private final Listener listener;
    private final List<ProbeLoop> loops = new ArrayList<>();
    private boolean closed;

    ContainerProbes(
            String name,
            ContainerSpec spec,
            CheckTarget target,
            CheckRunner runner,
            AlarmClock clock,
            Listener listener) {
        this.name = name;
        this.spec = spec;
        this.target = target;
        this.runner = runner;
        this.clock = clock;
        this.listener = listener;
    }

    /** @param run as remembered: one that had started, or was ready, goes on from there */
    void start(Run run) {
        if (spec.hasStartupProbe() && !run.started()) {
            loop("startup", spec.getStartupProbe(), ProbeCounter.initially(false), run, this::startupChecked);
        } else {
            startSteady(run);
        }
    }

    private void startSteady(Run run) {
        if (spec.hasReadinessProbe()) {
            loop(
                    "readiness",
                    spec.getReadinessProbe(),
                    ProbeCounter.initially(run.ready()),
                    run,
                    this::readinessChecked);
        }
        if (spec.hasLivenessProbe()) {
            loop("liveness", spec.getLivenessProbe(), ProbeCounter.initially(true), run, this::livenessChecked);
        }
    }

    private synchronized void loop(
            String kind, Probe probe, ProbeCounter initially, Run run, ProbeLoop.Listener checked) {
        if (closed) {
            return;
        }
        ProbeLoop loop = new ProbeLoop(
                "%s-%s".formatted(kind, name), WireConversion.probe(probe), target, runner, clock, initially, checked);
        loops.add(loop);
        loop.start(run.startedAtMillis());
    }

    private boolean startupChecked(CheckResult result, ProbeCounter before, ProbeCounter after) {
        report("Startup", result, before);
        if (after.decided() && after.passing()) {
            listener.started();
            return false;
        }
        return !dead("Startup", result, after);
    }

    private boolean readinessChecked(CheckResult result, ProbeCounter before, ProbeCounter after) {
        report("Readiness", result, before);
        if (before.passing() != after.passing()) {
            listener.ready(after.passing());
        }
        return true;
    }

    private boolean livenessChecked(CheckResult result, ProbeCounter before, ProbeCounter after) {
        report("Liveness", result, before);
        return !dead("Liveness", result, after);
    }

    private boolean dead(String kind, CheckResult result, ProbeCounter after) {
        if (after.decided() && !after.passing()) {
            listener.unhealthy("its %s probe failed %d times: %s"
                    .formatted(kind.toLowerCase(java.util.Locale.ROOT), after.failures(), result.message()));
            return true;
        }
        return false;
    }

    private void report(String kind, CheckResult result, ProbeCounter before) {
        if (!result.success() && before.failures() == 0) {
            listener.failed("%s probe failed: %s".formatted(kind, result.message()));
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        loops.forEach(ProbeLoop::close);
    }
}
