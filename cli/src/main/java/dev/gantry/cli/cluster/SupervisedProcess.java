package dev.gantry.cli.cluster;

import dev.gantry.cli.Failure;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A long-running process of this host and the shell supervisor that restarts it. Both are named by pid and start time in a file in the run directory, so
 * that a pid which another program has taken meanwhile is never touched.
 */
final class SupervisedProcess {
    /** Exit code of a process that will fail in the same way again: wrong flags, a port in use (sysexits.h, EX_CONFIG). */
    static final int EXIT_CONFIGURATION = 78;

    private final String name;
    private final Directories directories;

    SupervisedProcess(String name, Directories directories) {
        this.name = name;
        this.directories = directories;
    }

    String name() {
        return name;
    }

    /** Starts the supervisor, which starts the process, in a session of their own: no terminal's Ctrl-C reaches them. */
    void start(Installation installation, List<String> arguments) {
        Path log = directories.log(name);
        List<String> command = new ArrayList<>();
        command.add(installation.script("gantry-supervise").toString());
        command.add(pidFile("supervisor").toString());
        command.add(pidFile("process").toString());
        command.addAll(installation.command(name, log, arguments));
        try {
            Files.createDirectories(log.getParent());
            Files.createDirectories(directories.run());
            Files.deleteIfExists(pidFile("failed"));
            ProcessBuilder builder = new ProcessBuilder(command);
            Redirect console = Redirect.appendTo(consoleLog().toFile());
            builder.redirectInput(Redirect.from(Path.of("/dev/null").toFile()));
            builder.redirectOutput(console).redirectError(console);
            builder.start();
        } catch (IOException e) {
            throw new Failure("the %s could not be started: %s".formatted(name, e.getMessage()), e);
        }
    }

    /** Ends a process that has outlived its supervisor: nobody would start it again, and it holds the port. Containers don't mind. */
    void stopOrphan(Duration patience) {
        if (!running() && pid().isPresent()) {
            stop(patience);
        }
    }

    /** Output that is not logging: what the JVM or the supervisor says. */
    Path consoleLog() {
        return directories.state().resolve("log").resolve(name + ".out");
    }

    boolean running() {
        return handle("supervisor").isPresent();
    }

    /** The process has ended in a way that a restart doesn't mend. */
    boolean failed() {
        return Files.exists(pidFile("failed"));
    }

    Optional<Long> pid() {
        return handle("process").map(ProcessHandle::pid);
    }

    /** Stops both, the supervisor first; kills what doesn't end in time. */
    void stop(Duration patience) {
        Instant deadline = Instant.now().plus(patience);
        for (String which : List.of("supervisor", "process")) {
            handle(which).ifPresent(handle -> {
                handle.destroy();
                if (!ended(handle, Duration.between(Instant.now(), deadline))) {
                    handle.destroyForcibly();
                    ended(handle, Duration.ofSeconds(10));
                }
            });
            try {
                Files.deleteIfExists(pidFile(which));
            } catch (IOException e) {
                throw new Failure("cannot remove %s: %s".formatted(pidFile(which), e.getMessage()), e);
            }
        }
    }

    private static boolean ended(ProcessHandle handle, Duration patience) {
        try {
            handle.onExit().get(Math.max(100, patience.toMillis()), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Path pidFile(String which) {
        return directories.run().resolve(name + "." + which);
    }

    /** The file holds the pid and the process' start in clock ticks since boot, field 22 of /proc/PID/stat (proc(5)). */
    private Optional<ProcessHandle> handle(String which) {
        try {
            String[] parts = Files.readString(pidFile(which)).strip().split(" ", -1);
            if (parts.length != 2) {
                return Optional.empty();
            }
            long pid = Long.parseLong(parts[0]);
            String stat = Files.readString(Path.of("/proc", parts[0], "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return fields[19].equals(parts[1]) && !fields[0].equals("Z") ? ProcessHandle.of(pid) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }
}
