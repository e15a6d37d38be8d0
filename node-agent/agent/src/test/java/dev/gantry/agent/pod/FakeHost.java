package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.container.ExecConfig;
import dev.gantry.agent.container.ExitRecord;
import dev.gantry.agent.image.ImageConfig;
import dev.gantry.agent.image.ImageStore;
import dev.gantry.agent.network.PodNetwork;
import dev.gantry.agent.time.AlarmClock;
import dev.gantry.agent.volume.VolumeKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A host without a kernel: what it holds outlives the agents that use it, each through a {@link Link} of its own that its death cuts. */
final class FakeHost {
    /** What a container's process does. */
    enum Program {
        RUNS,
        RUNS_ON_AFTER_TERM,
        SUCCEEDS,
        FAILS
    }

    final AlarmClock clock;
    final Map<String, FakeContainer> containers = new ConcurrentHashMap<>();
    final Map<String, Program> programs = new ConcurrentHashMap<>();
    final Map<List<String>, Integer> commands = new ConcurrentHashMap<>();
    final Set<String> images = ConcurrentHashMap.newKeySet();
    /** Name to digest. */
    final Map<String, String> imageNames = new ConcurrentHashMap<>();

    final Set<String> leases = ConcurrentHashMap.newKeySet();
    final Set<String> attached = ConcurrentHashMap.newKeySet();
    final Set<String> cgroups = ConcurrentHashMap.newKeySet();
    final Set<Path> mounts = ConcurrentHashMap.newKeySet();
    final List<String> journal = new CopyOnWriteArrayList<>();
    /** While it is set, what is asked of volumes below such a directory waits. */
    volatile @Nullable CountDownLatch stuck;

    /** While it is set, volumes that are to be deleted wait. */
    volatile @Nullable CountDownLatch deletion;

    final Set<String> refused = ConcurrentHashMap.newKeySet();
    /** Containers that the host can't make, which is no fault of theirs, and the reason that is given. */
    final Map<String, String> notMade = new ConcurrentHashMap<>();
    /** While set, the kernel freezes nothing and thaws nothing. */
    volatile boolean freezerBroken;

    /** While set, no pod gets a network. */
    volatile boolean networkBroken;

    final AtomicInteger attachTries = new AtomicInteger();
    volatile String podAddress = "10.244.0.7";

    FakeHost(AlarmClock clock) {
        this.clock = clock;
    }

    /** One agent's way to the host. */
    final class Link {
        private volatile boolean cut;

        void cut() {
            cut = true;
        }

        private void check() {
            if (cut) {
                throw new IllegalStateException("this agent is dead");
            }
        }

        ContainerRuntime runtime() {
            return new Runtime(this);
        }

        ImageStore images() {
            return new Images(this);
        }

        PodNetwork network() {
            return new Network(this);
        }

        VolumeKernel kernel() {
            return new Kernel(this);
        }

        PodCgroups cgroups() {
            return new Groups(this);
        }
    }

    /** The container of this name that runs, or ended last. */
    Optional<FakeContainer> container(String name) {
        return containers.values().stream()
                .filter(container -> container.name().equals(name))
                .max(Comparator.comparing(FakeContainer::attempt));
    }

    FakeContainer runningContainer(String name) {
        return container(name).filter(container -> container.exit == null).orElseThrow();
    }

    /** Every process is gone, as after a reboot. */
    void reboot() {
        containers.values().forEach(container -> container.end(137, 9, ExitRecord.Cause.REBOOT, false));
        attached.clear();
        cgroups.clear();
        mounts.clear();
    }

    final class FakeContainer {
        final ContainerConfig config;
        final long startedAt = clock.millis();
        volatile boolean paused;
        volatile @Nullable ExitRecord exit;
        final List<Integer> signals = new CopyOnWriteArrayList<>();
        private final List<Consumer<ExitRecord>> listeners = new ArrayList<>();

        FakeContainer(ContainerConfig config) {
            this.config = config;
        }

        String name() {
            return config.labels().getOrDefault(ContainerNames.CONTAINER, "");
        }

        int attempt() {
            return Integer.parseInt(config.labels().getOrDefault(ContainerNames.ATTEMPT, "0"));
        }

        void exits(int code) {
            end(code, 0, ExitRecord.Cause.EXITED, true);
        }

        void end(int code, int signal, ExitRecord.Cause cause, boolean tell) {
            ExitRecord record;
            List<Consumer<ExitRecord>> told;
            synchronized (this) {
                if (exit != null) {
                    return;
                }
                record = new ExitRecord(code, signal, cause, clock.millis());
                exit = record;
                told = tell ? List.copyOf(listeners) : List.of();
                listeners.clear();
            }
            journal.add("exit " + name());
            told.forEach(listener -> listener.accept(record));
        }

        void listen(Consumer<ExitRecord> listener) {
            ExitRecord record;
            synchronized (this) {
                record = exit;
                if (record == null) {
                    listeners.add(listener);
                    return;
                }
            }
            listener.accept(record);
        }

        synchronized void forgetListeners() {
            listeners.clear();
        }
    }

    private final class Runtime implements ContainerRuntime {
        private final Link link;

        Runtime(Link link) {
            this.link = link;
        }

        @Override
        public Container start(ContainerConfig config) throws ContainerException {
            link.check();
            String name = config.labels().getOrDefault(ContainerNames.CONTAINER, "");
            if (refused.contains(name)) {
                throw new ContainerException("RunContainerError", "exec /nothing: no such file");
            }
            String reason = notMade.get(name);
            if (reason != null) {
                throw new ContainerException(reason, "no space left on device");
            }
            FakeContainer container = containers.computeIfAbsent(config.id(), id -> {
                journal.add("start " + name);
                return new FakeContainer(config);
            });
            try {
                Files.createDirectories(config.writableLayer());
            } catch (IOException e) {
                throw new ContainerException("CreateContainerError", "no layer", e);
            }
            switch (programs.getOrDefault(name, Program.RUNS)) {
                case SUCCEEDS -> container.exits(0);
                case FAILS -> container.exits(1);
                default -> {
                    // goes on until it is told
                }
            }
            return new Handle(link, container);
        }

        @Override
        public List<Container> adopt() {
            link.check();
            containers.values().forEach(FakeContainer::forgetListeners);
            return containers.values().stream()
                    .<Container>map(container -> new Handle(link, container))
                    .toList();
        }

        @Override
        public Optional<Container> find(String id) {
            return Optional.ofNullable(containers.get(id)).map(container -> new Handle(link, container));
        }

        @Override
        public void removeAllBut(Collection<String> keep) {
            link.check();
            containers.keySet().retainAll(Set.copyOf(keep));
        }
    }

    private final class Handle implements ContainerRuntime.Container {
        private final Link link;
        private final FakeContainer container;

        Handle(Link link, FakeContainer container) {
            this.link = link;
            this.container = container;
        }

        @Override
        public ContainerConfig config() {
            return container.config;
        }

        @Override
        public int pid() {
            return 1;
        }

        @Override
        public long startedAtMillis() {
            return container.startedAt;
        }

        @Override
        public Optional<ExitRecord> exit() {
            return Optional.ofNullable(container.exit);
        }

        @Override
        public void onExit(Consumer<ExitRecord> listener) {
            container.listen(listener);
        }

        @Override
        public void signal(int signal) {
            link.check();
            container.signals.add(signal);
            journal.add("signal " + container.name());
            boolean ignores = programs.get(container.name()) == Program.RUNS_ON_AFTER_TERM;
            if (!ignores && !container.paused) {
                container.end(128 + signal, signal, ExitRecord.Cause.EXITED, true);
            }
        }

        @Override
        public void kill() {
            link.check();
            container.end(137, 9, ExitRecord.Cause.EXITED, true);
        }

        @Override
        public void pause() throws IOException {
            freeze(true);
        }

        @Override
        public void resume() throws IOException {
            freeze(false);
        }

        private void freeze(boolean frozen) throws IOException {
            link.check();
            if (freezerBroken) {
                throw new IOException("the freezer is broken");
            }
            container.paused = frozen;
        }

        @Override
        public ContainerRuntime.ExecProcess exec(ExecConfig exec) {
            link.check();
            journal.add("exec %s %s".formatted(container.name(), String.join(" ", exec.command())));
            return new FakeExec(commands.getOrDefault(exec.command(), 0));
        }

        @Override
        public ContainerRuntime.AttachedStreams attach(boolean stdin) throws ContainerException {
            throw new ContainerException("NoStreams", "this container has none");
        }

        @Override
        public ContainerRuntime.ResourceUsage usage() {
            return new ContainerRuntime.ResourceUsage(0, 0, 1);
        }

        @Override
        public void remove(boolean keepWritableLayer) {
            link.check();
            containers.remove(container.config.id());
        }
    }

    private final class FakeExec implements ContainerRuntime.ExecProcess {
        private final int code;

        FakeExec(int code) {
            this.code = code;
        }

        @Override
        public Optional<ExitRecord> waitFor(Duration timeout) {
            return Optional.of(new ExitRecord(code, 0, ExitRecord.Cause.EXITED, clock.millis()));
        }

        @Override
        public ContainerRuntime.@Nullable OutputChunk read() {
            return null;
        }

        @Override
        public void writeStdin(byte[] data, int offset, int length) {}

        @Override
        public void closeStdin() {}

        @Override
        public void resize(int columns, int rows) {}

        @Override
        public void close() {}
    }

    private final class Images implements ImageStore {
        private final Link link;

        @Override
        public Optional<Image> findNamed(String name) {
            return Optional.ofNullable(imageNames.get(name)).flatMap(this::find);
        }

        Images(Link link) {
            this.link = link;
        }

        @Override
        public Optional<Image> find(String digest) {
            return images.contains(digest) ? Optional.of(image(digest)) : Optional.empty();
        }

        @Override
        public List<Image> list() {
            return images.stream().map(FakeHost::image).toList();
        }

        @Override
        public Lease lease(String digest, String holder) {
            link.check();
            leases.add(holder);
            return () -> leases.remove(holder);
        }
    }

    static ImageStore.Image image(String digest) {
        ImageConfig config = new ImageConfig(
                "",
                "",
                List.of("PATH=/bin"),
                List.of("/app"),
                List.of(),
                new TreeSet<>(),
                new TreeSet<>(),
                Map.of(),
                "");
        return new ImageStore.Image(digest, config, List.of(Path.of("/layers/one")), 1, List.of());
    }

    private final class Network implements PodNetwork {
        private final Link link;

        Network(Link link) {
            this.link = link;
        }

        @Override
        public Attachment attach(String podUid, boolean userNamespace, List<HostPort> hostPorts) throws IOException {
            link.check();
            attachTries.incrementAndGet();
            if (networkBroken) {
                throw new IOException("no more links");
            }
            attached.add(podUid);
            return attachment();
        }

        @Override
        public Optional<Attachment> find(String podUid) {
            link.check();
            return attached.contains(podUid) ? Optional.of(attachment()) : Optional.empty();
        }

        @Override
        public Optional<Attachment> findOnHost(String podUid, String hostAddress) {
            link.check();
            return attached.contains(podUid) ? Optional.of(onHost(hostAddress)) : Optional.empty();
        }

        private Attachment onHost(String hostAddress) {
            return new Attachment("", "/ns/ipc", "", "", "/ns/shm", 0, hostAddress);
        }

        private Attachment attachment() {
            return new Attachment("/ns/net", "/ns/ipc", "/ns/uts", "", "/ns/shm", 0, podAddress);
        }

        @Override
        public Attachment attachToHost(String podUid, String hostAddress) {
            link.check();
            attached.add(podUid);
            return onHost(hostAddress);
        }

        @Override
        public void detach(String podUid) {
            link.check();
            attached.remove(podUid);
        }

        @Override
        public void detachAllBut(Collection<String> podUids) {
            link.check();
            attached.retainAll(new HashSet<>(podUids));
        }
    }

    private final class Groups implements PodCgroups {
        private final Link link;

        Groups(Link link) {
            this.link = link;
        }

        @Override
        public void create(String podUid, ContainerConfig.Limits limits) {
            link.check();
            cgroups.add(podUid);
        }

        @Override
        public void delete(String podUid) {
            link.check();
            cgroups.remove(podUid);
        }

        @Override
        public void deleteAllBut(Collection<String> podUids) {
            link.check();
            cgroups.retainAll(new HashSet<>(podUids));
        }
    }

    private final class Kernel implements VolumeKernel {
        private final Link link;

        Kernel(Link link) {
            this.link = link;
        }

        @Override
        public void mountTmpfs(Path directory, long sizeBytes, int uid, int gid, int mode) {
            link.check();
            mounts.add(directory);
        }

        @Override
        public void unmount(Path directory) {
            link.check();
            mounts.remove(directory);
        }

        private static void await(@Nullable CountDownLatch latch) throws IOException {
            try {
                if (latch != null) {
                    latch.await();
                }
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            }
        }

        @Override
        public Path resolveBeneath(Path root, String relative) throws IOException {
            if (relative.equals("stuck")) {
                await(stuck);
            }
            return Files.createDirectories(root.resolve(relative));
        }

        @Override
        public void deleteTree(Path tree) throws IOException {
            link.check();
            if (tree.toString().contains("/volumes/")) {
                await(deletion);
            }
            if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            try (Stream<Path> walk = Files.walk(tree)) {
                for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }
}
