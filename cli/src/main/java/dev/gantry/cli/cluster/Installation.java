package dev.gantry.cli.cluster;

import dev.gantry.cli.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files that this gantry consists of: jars, scripts and the JVM it runs on. */
final class Installation {
    static final String CONTROL_PLANE = "control-plane";
    static final String AGENT = "agent";

    private final Path home;

    Installation() {
        String given = System.getProperty("gantry.home", "");
        if (given.isEmpty()) {
            throw new Failure("gantry.home is not set: start gantry by its script");
        }
        this.home = Path.of(given);
    }

    Path script(String name) {
        return home.resolve("bin").resolve(name);
    }

    Path examples() {
        return home.resolve("examples");
    }

    Path baseImages() {
        return home.resolve("base-images");
    }

    /** The command line of one of the long-running processes. */
    List<String> command(String process, Path log, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        command.add("-XX:TieredStopAtLevel=1");
        command.add("-XX:+UseCompactObjectHeaders");
        command.add("-Xms32m");
        // else a killed process leaves a file of counters in /tmp
        command.add("-XX:-UsePerfData");
        command.add(process.equals(CONTROL_PLANE) ? "-Xmx512m" : "-Xmx256m");
        command.add("-XX:+ExitOnOutOfMemoryError");
        command.addAll(sharedClasses(process));
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.add("-Dlogback.configurationFile=" + home.resolve("conf").resolve("logback.xml"));
        command.add("-Dgantry.log=" + log);
        command.add("-cp");
        command.add(home.resolve("lib") + "/*");
        command.add(process.equals(CONTROL_PLANE) ? "dev.gantry.controlplane.Main" : "dev.gantry.agent.Main");
        command.addAll(arguments);
        return command;
    }

    /**
     * Classes are read once: the first process of this installation that ends well leaves them to the next. Nothing where they can't be kept, since a JVM
     * that can't write its archive ends with a failure after it has done its work.
     */
    private List<String> sharedClasses(String process) {
        Path cache = home.resolve("cache");
        try {
            Files.createDirectories(cache);
        } catch (IOException e) {
            return List.of();
        }
        if (!Files.isWritable(cache)) {
            return List.of();
        }
        return List.of(
                "-XX:+AutoCreateSharedArchive",
                "-Xlog:cds*=off,aot*=off",
                "-XX:SharedArchiveFile=" + cache.resolve(process + ".jsa"));
    }

    /** Runs a command to its end with this terminal. @throws Failure when it fails */
    static void run(List<String> command, String what) throws InterruptedException {
        try {
            int code = new ProcessBuilder(command).inheritIO().start().waitFor();
            if (code != 0) {
                throw new Failure("%s failed (exit code %d)".formatted(what, code));
            }
        } catch (IOException e) {
            throw new Failure("%s could not be started: %s".formatted(what, e.getMessage()), e);
        }
    }

    /** The last lines of a log that a person can use: the places in the code are in the log itself. */
    static String tail(Path log, int lines) {
        try {
            List<String> all = Files.readAllLines(log).stream()
                    .filter(line -> !line.startsWith("\t") && !line.isBlank())
                    .toList();
            return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
        } catch (IOException e) {
            return "(no log at " + log + ")";
        }
    }
}
