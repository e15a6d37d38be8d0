package dev.gantry.agent.container;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.linux.Descriptor;
import dev.gantry.linux.Errno;
import dev.gantry.linux.LinuxException;
import dev.gantry.linux.OpenFlags;
import dev.gantry.linux.RootedDirectory;
import dev.gantry.linux.launcher.Ended;
import dev.gantry.linux.launcher.Started;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Where one container's state lies: {@code state/ID} on disk survives a reboot, {@code run/ID} on tmpfs holds secrets and what the launcher writes. Nothing here waits
 * for a disk.
 */
final class ContainerDirectories {
    static final String ID = "[a-z0-9][a-z0-9-]{0,63}";

    private static final CrashPoint STATE_WRITTEN = CrashPoint.of("container.state-written");
    private static final CrashPoint ENVIRONMENT_WRITTEN = CrashPoint.of("container.environment-written");
    private static final CrashPoint EXIT_WRITTEN = CrashPoint.of("container.exit-written");
    private static final CrashPoint RUN_REMOVED = CrashPoint.of("container.run-removed");
    private static final CrashPoint STATE_REMOVED = CrashPoint.of("container.state-removed");

    private static final int SMALL = 4096;
    private static final int MOST_REMOVALS = 100;

    private final String id;
    private final Path state;
    private final Path run;

    ContainerDirectories(Path stateRoot, Path runRoot, String id) {
        if (!id.matches(ID)) {
            throw new IllegalArgumentException(
                    "A container id is '%s'; expected lower-case letters, digits and hyphens, at most 64"
                            .formatted(id));
        }
        this.id = requireNonNull(id, "id is null");
        this.state = stateRoot.resolve(id);
        this.run = runRoot.resolve(id);
    }

    /** Ids that have any state, also what is left of a start or removal that was cut short. */
    static List<String> ids(Path stateRoot, Path runRoot) throws IOException {
        TreeSet<String> ids = new TreeSet<>();
        for (Path root : List.of(stateRoot, runRoot)) {
            if (Files.isDirectory(root)) {
                try (var entries = Files.newDirectoryStream(root)) {
                    entries.forEach(entry -> ids.add(entry.getFileName().toString()));
                }
            }
        }
        ids.removeIf(name -> !name.matches(ID));
        return new ArrayList<>(ids);
    }

    String id() {
        return id;
    }

    /** The launcher's run directory. */
    Path run() {
        return run;
    }

    void make() throws IOException {
        // "root" is where the overlay is mounted, in the container's own mount namespace only
        for (Path directory : List.of(state, run, run.resolve("root"))) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    void write(ContainerState container) throws IOException {
        environmentFile()
                .write(ContainerState.environmentJson(container.config().environment()), Durability.PROCESS_CRASH);
        ENVIRONMENT_WRITTEN.reach();
        stateFile().write(container.toJson(), Durability.PROCESS_CRASH);
        STATE_WRITTEN.reach();
    }

    /** @throws dev.gantry.agent.state.StateFileException for a version that this agent doesn't know */
    Optional<ContainerState> read() throws IOException {
        Optional<StateFile.Contents> contents = stateFile().read();
        if (contents.isEmpty()) {
            return Optional.empty();
        }
        ContainerState container = ContainerState.parse(contents.get().body());
        Optional<StateFile.Contents> environment = environmentFile().read();
        return Optional.of(container.withEnvironment(
                environment.isPresent()
                        ? ContainerState.parseEnvironment(environment.get().body())
                        : Map.of()));
    }

    private StateFile stateFile() {
        return new StateFile(state.resolve("container"), ContainerState.KIND, ContainerState.VERSION, 1);
    }

    private StateFile environmentFile() {
        return new StateFile(run.resolve("environment"), "environment", 1, 1);
    }

    /** Kept on disk too, since /run is gone after a reboot; a full disk costs only that. */
    void writeExit(ExitRecord exit) throws IOException {
        String text = "%s %s %s %s".formatted(exit.exitCode(), exit.signal(), exit.cause(), exit.finishedAtMillis());
        new StateFile(state.resolve("exit"), "exit", 1, 1)
                .write(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII), Durability.PROCESS_CRASH);
        EXIT_WRITTEN.reach();
    }

    Optional<ExitRecord> readExit() throws IOException {
        return new StateFile(state.resolve("exit"), "exit", 1, 1).read().map(contents -> {
            String[] words = new String(contents.body(), java.nio.charset.StandardCharsets.US_ASCII).split(" ");
            return new ExitRecord(
                    Integer.parseInt(words[0]),
                    Integer.parseInt(words[1]),
                    ExitRecord.Cause.valueOf(words[2]),
                    Long.parseLong(words[3]));
        });
    }

    Optional<Started> readStarted() throws IOException {
        Optional<String> text = readSmall("started");
        return text.isPresent() ? Optional.of(Started.parseFile(text.get())) : Optional.empty();
    }

    Optional<Ended> readEnded() throws IOException {
        Optional<String> text = readSmall("exit");
        return text.isPresent() ? Optional.of(Ended.parse(text.get())) : Optional.empty();
    }

    private Optional<String> readSmall(String name) throws IOException {
        try (var in = Files.newInputStream(run.resolve(name))) {
            return Optional.of(new String(in.readNBytes(SMALL), java.nio.charset.StandardCharsets.US_ASCII));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    RootedDirectory openRun() throws LinuxException {
        return RootedDirectory.open(run, RootedDirectory.Escape.REFUSED);
    }

    /** The file whose lock the launcher holds while it lives. */
    Descriptor openLock(RootedDirectory directory) throws LinuxException {
        return directory.open("lock", OpenFlags.READ_WRITE | OpenFlags.CREATE, 0600);
    }

    boolean launcherLives() throws IOException {
        if (!Files.isDirectory(run)) {
            return false;
        }
        try (RootedDirectory directory = openRun();
                Descriptor lock = openLock(directory)) {
            return !lock.tryLock(true);
        }
    }

    /** Idempotent. The state goes last: until then a new agent finds what is to be removed. */
    void remove() throws IOException {
        removeTree(run);
        RUN_REMOVED.reach();
        removeTree(state);
        STATE_REMOVED.reach();
    }

    /** Tries again when something was put in meanwhile: a launcher of an exec that ends right now leaves its record. */
    static void removeTree(Path path) throws IOException {
        Path parent = requireNonNull(path.getParent(), "path has no parent");
        if (!Files.isDirectory(parent)) {
            return;
        }
        try (RootedDirectory directory = RootedDirectory.open(parent, RootedDirectory.Escape.REFUSED)) {
            for (int attempt = 1; true; attempt++) {
                try {
                    directory.deleteTree(path.getFileName().toString());
                    return;
                } catch (LinuxException e) {
                    if (!e.is(Errno.ENOTEMPTY) || attempt == MOST_REMOVALS) {
                        throw e;
                    }
                }
            }
        }
    }
}
