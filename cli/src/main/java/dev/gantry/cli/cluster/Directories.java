package dev.gantry.cli.cluster;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where this host's part of the cluster lives. */
public final class Directories {
    @Option(
            names = "--state",
            paramLabel = "FOLDER",
            defaultValue = "/var/lib/gantry",
            description = "Kept over reboots (default ${DEFAULT-VALUE}).")
    private Path state = Path.of("/var/lib/gantry");

    @Option(
            names = "--run",
            paramLabel = "FOLDER",
            defaultValue = "/run/gantry",
            description = "Lost at a reboot (default ${DEFAULT-VALUE}).")
    private Path run = Path.of("/run/gantry");

    Path state() {
        return state.toAbsolutePath().normalize();
    }

    Path run() {
        return run.toAbsolutePath().normalize();
    }

    Path log(String process) {
        return state().resolve("log").resolve(process + ".log");
    }

    public Path kubeconfig() {
        return state().resolve("kubeconfig");
    }
}
