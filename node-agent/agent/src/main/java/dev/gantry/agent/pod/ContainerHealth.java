package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.container.ExecConfig;
import dev.gantry.agent.probe.CheckResult;
import dev.gantry.agent.probe.CheckTarget;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.Handler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Hooks and probes of one run: post-start first, then the probes; pre-stop when it is to stop. Used by the pod's thread only. */
final class ContainerHealth implements AutoCloseable {
    /** What is found out. Called on other threads. */
    interface Listener {
        void postStartDone();

        void started();

        void ready(boolean ready);

        void unhealthy(String why);

        void preStopDone();
    }

    /** A hook has no deadline of its own in Kubernetes; one that takes longer than this hangs. */
    private static final Duration LONGEST_POST_START = Duration.ofHours(1);

    private final ContainerOwner owner;
    private final PodContext context;
    private final ContainerSpec spec;
    private final CheckTarget target;
    private final Listener listener;
    private @Nullable ContainerProbes probes;
    private @Nullable Thread hook;
    private boolean closed;

    /** @param address where the container listens */
    ContainerHealth(
            ContainerOwner owner,
            PodContext context,
            ContainerSpec spec,
            Container container,
            String address,
            Listener listener) {
        this.owner = owner;
        this.context = context;
        this.spec = spec;
        this.listener = listener;
        this.target = new Target(container, address);
    }

    void begin(Run run) {
        if (spec.hasPostStart() && !run.postStartDone()) {
            hook(spec.getPostStart(), LONGEST_POST_START, result -> {
                if (result.success()) {
                    listener.postStartDone();
                    owner.post(() -> beginProbes(run));
                } else {
                    event("FailedPostStartHook", "Post-start hook failed: " + result.message());
                    listener.unhealthy("its post-start hook failed: " + result.message());
                }
            });
        } else {
            beginProbes(run);
        }
    }

    private void beginProbes(Run run) {
        if (closed) {
            return;
        }
        if (!spec.hasStartupProbe() && !run.started()) {
            listener.started();
        }
        probes = new ContainerProbes(
                "%s-%s".formatted(owner.pod().getName(), spec.getName()),
                spec,
                target,
                context.checks(),
                context.clock(),
                new ProbeListener(run));
        probes.start(run);
    }

    /** Ends the probes and runs the pre-stop hook. */
    void stopping(boolean withHook, long withinMillis) {
        if (probes != null) {
            probes.close();
        }
        interruptHook();
        if (withHook) {
            hook(spec.getPreStop(), Duration.ofMillis(withinMillis), result -> {
                if (!result.success()) {
                    event("FailedPreStopHook", "Pre-stop hook failed: " + result.message());
                }
                listener.preStopDone();
            });
        }
    }

    private void hook(Handler handler, Duration timeout, Consumer<CheckResult> done) {
        hook = Thread.ofVirtual().name("hook-" + spec.getName()).start(() -> {
            try {
                done.accept(context.checks().run(WireConversion.check(handler), target, timeout));
            } catch (InterruptedException e) {
                // the container is gone, or the agent ends: nobody waits for the hook
                Thread.currentThread().interrupt();
            }
        });
    }

    private void interruptHook() {
        if (hook != null) {
            hook.interrupt();
        }
    }

    private void event(String reason, String message) {
        owner.event(reason, message, true, spec.getName());
    }

    @Override
    public void close() {
        closed = true;
        if (probes != null) {
            probes.close();
        }
        interruptHook();
    }

    private final class ProbeListener implements ContainerProbes.Listener {
        private final Run run;

        ProbeListener(Run run) {
            this.run = run;
        }

        @Override
        public void started() {
            listener.started();
            owner.post(() -> {
                if (probes != null) {
                    probes.start(run.withStarted(true));
                }
            });
        }

        @Override
        public void ready(boolean ready) {
            listener.ready(ready);
        }

        @Override
        public void unhealthy(String why) {
            listener.unhealthy(why);
        }

        @Override
        public void failed(String why) {
            event("Unhealthy", why);
        }
    }

    private record Target(Container container, String address) implements CheckTarget {
        @Override
        public ContainerRuntime.ExecProcess exec(List<String> command) throws ContainerException {
            return container.exec(new ExecConfig(command, Map.of(), false, false));
        }
    }
}
