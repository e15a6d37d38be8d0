package dev.gantry.agent.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.container.ExecConfig;
import dev.gantry.agent.container.ExitRecord;
import dev.gantry.linux.RootedDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * Containers without processes: the script's commands, separated by semicolons, work on the upper directory as a container's would: {@code write PATH TEXT},
 * {@code remove PATH}, {@code print TEXT}, {@code error TEXT}, {@code exit CODE}, and {@code block}, which lasts until the container is killed.
 */
final class FakeRuntime implements ContainerRuntime {
    final List<ContainerConfig> started = new CopyOnWriteArrayList<>();
    final Map<String, Container> containers = new ConcurrentHashMap<>();
    final CountDownLatch blocked = new CountDownLatch(1);

    @Override
    public Container start(ContainerConfig config) throws ContainerException {
        started.add(config);
        FakeContainer container = new FakeContainer(config);
        containers.put(config.id(), container);
        Thread.ofVirtual().start(container::work);
        return container;
    }

    @Override
    public List<Container> adopt() {
        return List.copyOf(containers.values());
    }

    @Override
    public Optional<Container> find(String id) {
        return Optional.ofNullable(containers.get(id));
    }

    @Override
    public void removeAllBut(Collection<String> keep) {
        containers.keySet().retainAll(keep);
    }

    private final class FakeContainer implements Container {
        private final ContainerConfig config;
        private final CompletableFuture<ExitRecord> exit = new CompletableFuture<>();

        FakeContainer(ContainerConfig config) {
            this.config = config;
        }

        void work() {
            Path upper = config.writableLayer().resolve("upper");
            int code = 0;
            try {
                Files.createDirectories(upper);
                for (String command : config.arguments().getLast().split("[;\n]")) {
                    String[] words = command.strip().split(" ", 3);
                    switch (words[0]) {
                        case "write" -> write(upper.resolve(words[1]), words[2]);
                        case "remove" -> whiteout(upper, words[1]);
                        case "print" -> log("stdout", command.strip().substring(6));
                        case "error" -> log("stderr", command.strip().substring(6));
                        case "exit" -> code = Integer.parseInt(words[1]);
                        case "block" -> {
                            blocked.countDown();
                            return;
                        }
                        default -> {}
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            exit.complete(new ExitRecord(code, 0, ExitRecord.Cause.EXITED, 0));
        }

        private void write(Path file, String text) throws IOException {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        }

        private void whiteout(Path upper, String name) throws IOException {
            try (RootedDirectory directory = RootedDirectory.open(upper, RootedDirectory.Escape.REFUSED)) {
                directory.mknod(name, 0020000, 0, 0);
            }
        }

        private void log(String stream, String text) throws IOException {
            Path path = java.util.Objects.requireNonNull(config.logFile()).path();
            String line = "2025-01-01T00:00:00.000000000Z %s F %s\n".formatted(stream, text);
            Files.write(path, line.getBytes(UTF_8), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }

        @Override
        public ContainerConfig config() {
            return config;
        }

        @Override
        public int pid() {
            return 1;
        }

        @Override
        public long startedAtMillis() {
            return 0;
        }

        @Override
        public Optional<ExitRecord> exit() {
            return Optional.ofNullable(exit.getNow(null));
        }

        @Override
        public void onExit(Consumer<ExitRecord> listener) {
            exit.thenAccept(listener);
        }

        @Override
        public void signal(int signal) {
            kill();
        }

        @Override
        public void kill() {
            exit.complete(new ExitRecord(137, 9, ExitRecord.Cause.EXITED, 0));
        }

        @Override
        public void pause() {}

        @Override
        public void resume() {}

        @Override
        public ExecProcess exec(ExecConfig exec) throws ContainerException {
            throw new ContainerException("Fake", "no exec in a build");
        }

        @Override
        public AttachedStreams attach(boolean stdin) throws ContainerException {
            throw new ContainerException("Fake", "no attach in a build");
        }

        @Override
        public ResourceUsage usage() {
            return new ResourceUsage(0, 0, 0);
        }

        @Override
        public void remove(boolean keepWritableLayer) {
            containers.remove(config.id());
        }
    }
}
