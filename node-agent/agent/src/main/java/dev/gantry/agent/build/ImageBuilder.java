package dev.gantry.agent.build;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.build.dockerfile.Dockerfile;
import dev.gantry.agent.build.dockerfile.DockerfileException;
import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.container.ExitRecord;
import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.FileWork;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.agent.image.Workspace;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds images on this host. Each build works in a workspace of the store, so that whatever ends it leaves nothing; the image and its names are stored last. The
 * same input gives the same image: times come from the input, never from the clock. Safe for use by many threads.
 */
public final class ImageBuilder implements Builder {
    private static final Logger LOG = LoggerFactory.getLogger(ImageBuilder.class);
    private static final int CONCURRENT_CONTEXTS = 32;

    private final DiskImageStore store;
    private final BuildEnvironment environment;
    private final ImagePublisher publisher;
    private final TarLimits contextLimits;
    private final FileWork contexts = new FileWork("build-contexts", CONCURRENT_CONTEXTS);

    /**
     * How builds are bounded.
     *
     * @param context of the user's files
     * @param step of each RUN
     * @param cgroup parent of the steps' cgroups, beneath the agent's tree
     */
    public record Settings(
            TarLimits context, ContainerConfig.Limits step, ContainerConfig.Security security, String cgroup) {
        public Settings {
            requireNonNull(context, "context is null");
            requireNonNull(step, "step is null");
            requireNonNull(security, "security is null");
            requireNonNull(cgroup, "cgroup is null");
        }

        /** A million files and 16 GiB of context, 4,096 processes a step, and a default container's rights less raw sockets and device nodes. */
        public static Settings defaults() {
            ContainerConfig.Security security = new ContainerConfig.Security(
                    Set.of(
                            "CHOWN",
                            "DAC_OVERRIDE",
                            "FOWNER",
                            "FSETID",
                            "KILL",
                            "NET_BIND_SERVICE",
                            "SETFCAP",
                            "SETGID",
                            "SETPCAP",
                            "SETUID",
                            "SYS_CHROOT"),
                    Set.of(),
                    false,
                    false,
                    "default",
                    null,
                    null,
                    List.of(
                            "/proc/acpi",
                            "/proc/asound",
                            "/proc/interrupts",
                            "/proc/kcore",
                            "/proc/keys",
                            "/proc/latency_stats",
                            "/proc/sched_debug",
                            "/proc/scsi",
                            "/proc/timer_list",
                            "/proc/timer_stats",
                            "/sys/devices/virtual/powercap",
                            "/sys/firmware"),
                    List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"));
            return new Settings(
                    new TarLimits(1_000_000, 16L << 30),
                    new ContainerConfig.Limits(0, 0, 0, 4096, 500),
                    security,
                    "builds");
        }
    }

    /**
     * @param networks one for each RUN; {@link IsolatedNetwork#ofKernel} outside of tests
     * @param pulls for images of the cluster that builds begin with
     * @param publisher gets every image that is to have a name
     */
    public ImageBuilder(
            DiskImageStore store,
            ContainerRuntime runtime,
            IsolatedNetwork.Factory networks,
            ImagePulls pulls,
            ImagePublisher publisher,
            Settings settings,
            Clock clock)
            throws IOException {
        this.store = requireNonNull(store, "store is null");
        this.publisher = requireNonNull(publisher, "publisher is null");
        this.contextLimits = settings.context();
        BuildCache cache = new BuildCache(store.cacheDirectory());
        cache.removeLeftovers();
        this.environment = new BuildEnvironment(
                runtime, networks, pulls, cache, settings.step(), settings.security(), settings.cgroup(), clock);
    }

    /** Ends the containers of builds that a former agent didn't finish. To be called once, before the first build. */
    public void removeLeftovers() throws IOException {
        for (Container container : environment.runtime().adopt()) {
            if (container.config().labels().containsKey(RunStep.LABEL)) {
                LOG.info(
                        "Removing build container {} of a former agent",
                        container.config().id());
                CompletableFuture<ExitRecord> exit = new CompletableFuture<>();
                container.onExit(exit::complete);
                container.kill();
                exit.join();
                container.remove(false);
            }
        }
    }

    @Override
    public BuildResult build(BuildRequest request, InputStream context, Consumer<FromBuilder> events) {
        try (Workspace workspace = store.openWorkspace()) {
            List<ImageName> names = names(request);
            Image image = request.getImportRoot()
                    ? new RootImport(workspace).run(request, context, events)
                    : buildDockerfile(workspace, request, context, events);
            publish(workspace, image, names);
            return BuildResult.newBuilder()
                    .setDigest(image.digest())
                    .setBytes(image.bytes())
                    .build();
        } catch (BuildFailure e) {
            return failure(e.getMessage(), e.line(), e.exitCode());
        } catch (DockerfileException e) {
            return failure(e.getMessage(), e.line(), 0);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failure("the build was cancelled; nothing of it is kept", 0, 0);
        } catch (IOException e) {
            if (RunStep.isInterruption(e)) {
                Thread.currentThread().interrupt();
                return failure("the build was cancelled; nothing of it is kept", 0, 0);
            }
            LOG.warn("A build failed", e);
            return failure(store.explain(e).getMessage(), 0, 0);
        }
    }

    private Image buildDockerfile(
            Workspace workspace, BuildRequest request, InputStream stream, Consumer<FromBuilder> consumer)
            throws IOException, BuildFailure, DockerfileException, InterruptedException {
        BuildContext context = BuildContext.unpack(workspace, stream, contextLimits, contexts);
        Dockerfile dockerfile = Dockerfile.parse(context.dockerfile(request.getDockerfile(), workspace));
        BuildPlan plan = Planner.plan(dockerfile, request.getArgsMap(), request.getTarget());
        StepEvents events = new StepEvents(consumer, plan.steps());
        BuildRun.Inputs inputs =
                new BuildRun.Inputs(request.getArgsMap(), request.getImageDigestsMap(), request.getNoCache());
        StageState target = new BuildRun(store, environment, workspace, context, plan, inputs, events).run();
        target.labels.putAll(request.getLabelsMap());
        if (Thread.interrupted()) {
            throw new InterruptedException("The build was cancelled");
        }
        return workspace.commit(target.toImage(), List.of());
    }

    /** A name means what others can get, too: it is given last. */
    private void publish(Workspace workspace, Image image, List<ImageName> names) throws IOException {
        if (!names.isEmpty()) {
            workspace.use(image, "push");
            publisher.publish(image, names.getFirst());
            store.setNames(names, Digest.parse(image.digest()));
        }
    }

    private static List<ImageName> names(BuildRequest request) throws BuildFailure {
        List<ImageName> names = new ArrayList<>();
        for (String text : request.getNamesList()) {
            try {
                ImageName name = ImageName.parse(text);
                if (name.digest() != null) {
                    throw new BuildFailure(
                            0,
                            "the result can't be named %s: its digest is what comes out; expected a name such as web:1"
                                    .formatted(name));
                }
                names.add(name);
            } catch (IllegalArgumentException e) {
                throw new BuildFailure(0, String.valueOf(e.getMessage()), e);
            }
        }
        return names;
    }

    private static BuildResult failure(@org.jspecify.annotations.Nullable String message, int line, int exitCode) {
        return BuildResult.newBuilder()
                .setError(message == null ? "the build failed without a reason" : message)
                .setErrorLine(line)
                .setExitCode(exitCode)
                .build();
    }
}
