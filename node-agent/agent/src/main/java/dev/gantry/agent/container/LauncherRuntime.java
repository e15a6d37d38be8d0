package dev.gantry.agent.container;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.linux.Descriptor;
import dev.gantry.linux.Errno;
import dev.gantry.linux.HostFacts;
import dev.gantry.linux.NativeThreads;
import dev.gantry.linux.Pidfd;
import dev.gantry.linux.ProcessIdentity;
import dev.gantry.linux.ProcessWatch;
import dev.gantry.linux.RootedDirectory;
import dev.gantry.linux.cgroup.Cgroup;
import dev.gantry.linux.cgroup.CgroupLimits;
import dev.gantry.linux.cgroup.CgroupTree;
import dev.gantry.linux.launcher.LaunchException;
import dev.gantry.linux.launcher.LaunchSpec;
import dev.gantry.linux.launcher.Launcher;
import dev.gantry.linux.launcher.Started;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Containers over launchers. A container's state is in files (see {@link ContainerDirectories}) before anything of it exists in the kernel, so that an agent that dies at
 * any point leaves nothing that the next one can't find. Safe for use by many threads; two calls about one container exclude each other.
 */
public final class LauncherRuntime implements ContainerRuntime, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LauncherRuntime.class);

    private static final CrashPoint CGROUP_MADE = CrashPoint.of("container.cgroup-made");
    private static final CrashPoint WRITABLE_LAYER_MADE = CrashPoint.of("container.writable-layer-made");
    private static final CrashPoint LAUNCHED = CrashPoint.of("container.launched");
    private static final CrashPoint CGROUP_REMOVED = CrashPoint.of("container.cgroup-removed");
    private static final CrashPoint WRITABLE_LAYER_REMOVED = CrashPoint.of("container.writable-layer-removed");

    private static final String CREATE_REASON = "CreateContainerError";
    private static final int MOST_AT_ONCE = 128;
    private static final int LOCKS = 1024;
    private static final long LAUNCH_NANOS = 60_000_000_000L;
    private static final long PAUSE_NANOS = 2_000_000;
    private static final int SIGKILL = 9;
    private static final int LOST_EXIT_CODE = 137;

    private final Path stateRoot;
    private final Path runRoot;
    private final CgroupTree cgroups;
    private final String bootId;
    private final Clock clock;
    private final List<Path> launcherCgroups;
    private final SeccompProfiles seccomp = new SeccompProfiles();
    private final NativeThreads.Lane lane = new NativeThreads.Lane("containers", MOST_AT_ONCE);
    private final ProcessWatch processes;
    private final ExecutorService events = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("container-event-", 0).factory());
    private final Map<String, LaunchedContainer> containers = new ConcurrentHashMap<>();
    // a container's lock by its id's hash: ids are new for ever, locks are not
    private final List<Object> locks = Stream.generate(Object::new).limit(LOCKS).toList();

    /**
     * @param stateDirectory on disk; this class keeps to {@code containers} in it
     * @param runDirectory on tmpfs, beneath /run; as stateDirectory
     * @param cgroups the agent's tree
     */
    public LauncherRuntime(Path stateDirectory, Path runDirectory, CgroupTree cgroups) throws IOException {
        this(stateDirectory, runDirectory, cgroups, HostFacts.currentBootId(), Clock.systemUTC());
    }

    /** @param bootId of the current boot, see {@link HostFacts#bootId} */
    public LauncherRuntime(Path stateDirectory, Path runDirectory, CgroupTree cgroups, String bootId, Clock clock)
            throws IOException {
        Files.createDirectories(stateDirectory);
        Files.createDirectories(runDirectory);
        this.stateRoot = stateDirectory.toRealPath().resolve("containers");
        this.runRoot = runDirectory.toRealPath().resolve("containers");
        this.cgroups = requireNonNull(cgroups, "cgroups is null");
        this.bootId = requireNonNull(bootId, "bootId is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.launcherCgroups = cgroups.launcherCgroups();
        this.processes = new ProcessWatch();
    }

    @Override
    public Container start(ContainerConfig config) throws ContainerException {
        ContainerDirectories directories = new ContainerDirectories(stateRoot, runRoot, config.id());
        synchronized (lockOf(config.id())) {
            LaunchedContainer present = containers.get(config.id());
            if (present != null && present.exit().isEmpty()) {
                return present;
            }
            try {
                return work(() -> startHere(config, directories));
            } catch (LaunchException e) {
                boolean full = e.errno() == Errno.ENOSPC || e.errno() == Errno.EDQUOT;
                throw new ContainerException(
                        full ? CREATE_REASON : ContainerException.RUN_CONTAINER_ERROR,
                        String.valueOf(e.getMessage()),
                        e);
            } catch (RefusedException e) {
                throw e.refusal();
            } catch (IOException e) {
                throw new ContainerException(
                        CREATE_REASON, "Can't make container %s: %s".formatted(config.id(), e.getMessage()), e);
            }
        }
    }

    private LaunchedContainer startHere(ContainerConfig config, ContainerDirectories directories) throws IOException {
        boolean layerIsNew = !Files.isDirectory(config.writableLayer());
        Cgroup cgroup = cgroups.group(config.cgroup() + "/" + config.id());
        if (containers.containsKey(config.id())) {
            // it has exited, and its owner wants it again under its old name
            remove(directories, config, cgroup, true);
        }
        try {
            makeWritableLayer(config);
            ContainerState state = new ContainerState(bootId, config, user(config));
            Optional<byte[]> filter = seccomp.program(config.security());
            directories.make();
            directories.write(state);
            cgroups.create(config.cgroup() + "/" + config.id(), limits(config.limits()));
            CGROUP_MADE.reach();
            LaunchSpec spec = LaunchOrders.forContainer(state, cgroups, cgroup, launcherCgroups, filter);
            Started started = launch(directories, spec);
            LAUNCHED.reach();
            LaunchedContainer container = new LaunchedContainer(this, directories, state, cgroup, started, clock);
            containers.put(config.id(), container);
            watch(container, started);
            return container;
        } catch (ContainerException e) {
            removeQuietly(directories, config, cgroup, !layerIsNew);
            throw new RefusedException(e);
        } catch (IOException | RuntimeException e) {
            removeQuietly(directories, config, cgroup, !layerIsNew);
            throw e;
        }
    }

    private static Started launch(ContainerDirectories directories, LaunchSpec spec) throws IOException {
        try (RootedDirectory run = directories.openRun();
                Descriptor lock = directories.openLock(run)) {
            if (!lock.tryLock(true)) {
                throw new IOException("an earlier launcher of it still lives");
            }
            return Launcher.start(spec, directories.id(), run.descriptor(), lock);
        }
    }

    private static ContainerUser user(ContainerConfig config) throws ContainerException, IOException {
        List<Path> layers = new ArrayList<>(List.of(LaunchOrders.upper(config)));
        layers.addAll(config.layers());
        return ContainerUser.find(layers, config.user(), config.additionalGroups());
    }

    private static CgroupLimits limits(ContainerConfig.Limits limits) {
        return new CgroupLimits(limits.cpuMilli(), limits.cpuShares(), limits.memoryBytes(), limits.pids());
    }

    /** In a user namespace the upper layer belongs to its root, whose id is the base. */
    private static void makeWritableLayer(ContainerConfig config) throws IOException {
        for (Path directory : List.of(LaunchOrders.upper(config), LaunchOrders.work(config))) {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(directory);
                int owner = config.namespaces().userBase();
                try (RootedDirectory parent =
                        RootedDirectory.open(config.writableLayer(), RootedDirectory.Escape.REFUSED)) {
                    String name = directory.getFileName().toString();
                    parent.chmod(name, 0755);
                    parent.chown(name, owner, owner);
                }
            }
        }
        WRITABLE_LAYER_MADE.reach();
    }

    @Override
    public List<Container> adopt() throws IOException {
        List<Container> result = new ArrayList<>();
        for (String id : work(() -> ContainerDirectories.ids(stateRoot, runRoot))) {
            synchronized (lockOf(id)) {
                LaunchedContainer known = containers.get(id);
                Optional<LaunchedContainer> container = known != null ? Optional.of(known) : work(() -> adoptHere(id));
                container.ifPresent(result::add);
            }
        }
        return result;
    }

    private Optional<LaunchedContainer> adoptHere(String id) throws IOException {
        ContainerDirectories directories = new ContainerDirectories(stateRoot, runRoot, id);
        Optional<ContainerState> found = directories.read();
        if (found.isEmpty()) {
            // a start or a removal that was cut short: nothing of it runs, since state comes before everything else
            directories.remove();
            return Optional.empty();
        }
        ContainerState state = found.get();
        Cgroup cgroup = cgroups.group(state.config().cgroup() + "/" + id);
        Optional<ExitRecord> recorded = directories.readExit();
        if (!state.bootId().equals(bootId)) {
            LaunchedContainer container = new LaunchedContainer(this, directories, state, cgroup, null, clock);
            ExitRecord reboot = new ExitRecord(LOST_EXIT_CODE, SIGKILL, ExitRecord.Cause.REBOOT, clock.millis());
            recorded.ifPresentOrElse(container::exitedBefore, () -> container.exited(reboot));
            containers.put(id, container);
            return Optional.of(container);
        }
        Optional<Started> started = awaitStart(directories);
        if (started.isEmpty()) {
            remove(directories, state.config(), cgroup, true);
            return Optional.empty();
        }
        LaunchedContainer container = new LaunchedContainer(this, directories, state, cgroup, started.get(), clock);
        containers.put(id, container);
        if (directories.launcherLives()) {
            watch(container, started.get());
        } else if (recorded.isPresent()) {
            container.exitedBefore(recorded.get());
        } else {
            container.launcherEnded();
        }
        return Optional.of(container);
    }

    /** The last agent may have died while a launcher was about to start its process: it will, or it will fail and end. */
    private static Optional<Started> awaitStart(ContainerDirectories directories) throws IOException {
        long deadline = System.nanoTime() + LAUNCH_NANOS;
        while (true) {
            boolean lives = directories.launcherLives();
            Optional<Started> started = directories.readStarted();
            if (started.isPresent() || !lives) {
                return started;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException(
                        "The launcher of container %s has been starting for a minute; it may hang on a mount of a server that does not answer"
                                .formatted(directories.id()));
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    @Override
    public Optional<Container> find(String id) {
        return Optional.ofNullable(containers.get(id));
    }

    @Override
    public void removeAllBut(Collection<String> keep) throws IOException {
        Set<String> kept = new HashSet<>(keep);
        for (Container container : adopt()) {
            if (!kept.contains(container.config().id())) {
                container.remove(false);
            }
        }
    }

    /** Frees everything of a container whose processes have been killed. */
    boolean remove(ContainerDirectories directories, ContainerConfig config, Cgroup cgroup, boolean keepWritableLayer)
            throws IOException {
        cgroup.kill();
        cgroup.delete();
        CGROUP_REMOVED.reach();
        awaitLauncher(directories);
        if (!keepWritableLayer) {
            ContainerDirectories.removeTree(config.writableLayer());
            WRITABLE_LAYER_REMOVED.reach();
        }
        directories.remove();
        containers.remove(directories.id());
        return true;
    }

    private static void awaitLauncher(ContainerDirectories directories) throws IOException {
        long deadline = System.nanoTime() + LAUNCH_NANOS;
        while (directories.launcherLives()) {
            Optional<Started> started = directories.readStarted();
            if (started.isPresent()) {
                Pidfd.signal(started.get().launcher(), SIGKILL);
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("The launcher of container %s does not end".formatted(directories.id()));
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void removeQuietly(
            ContainerDirectories directories, ContainerConfig config, Cgroup cgroup, boolean keepWritableLayer) {
        try {
            remove(directories, config, cgroup, keepWritableLayer);
        } catch (IOException e) {
            LOG.warn("What is left of container {} stays until it is removed", directories.id(), e);
        }
    }

    /** Runs on a thread that may block; see {@link NativeThreads}. */
    <T> T work(NativeThreads.Call<T, IOException> call) throws IOException {
        return lane.callUninterruptibly(call);
    }

    void onEventThread(Runnable task) {
        events.execute(task);
    }

    SeccompProfiles seccomp() {
        return seccomp;
    }

    List<Path> launcherCgroups() {
        return launcherCgroups;
    }

    void watch(ProcessIdentity launcher, Runnable ended) throws IOException {
        processes.watch(
                launcher,
                () -> onEventThread(() -> lane.callUninterruptibly(() -> {
                    ended.run();
                    return true;
                })));
    }

    private void watch(LaunchedContainer container, Started started) throws IOException {
        watch(started.launcher(), () -> {
            try {
                container.launcherEnded();
            } catch (IOException e) {
                LOG.error(
                        "The end of container {} can't be read",
                        container.config().id(),
                        e);
            }
        });
    }

    private Object lockOf(String id) {
        return locks.get(Math.floorMod(id.hashCode(), LOCKS));
    }

    /** Containers run on. */
    @Override
    public void close() {
        processes.close();
        events.shutdown();
    }

    /** Carries a refusal through code that throws only IOException. */
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        private final transient ContainerException refusal;

        RefusedException(ContainerException refusal) {
            super(refusal);
            this.refusal = refusal;
        }

        ContainerException refusal() {
            return refusal;
        }
    }
}
