package dev.gantry.agent;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where this host's agents keep what they have. The same for every agent of the host, and for the one that takes everything down. */
class HostOptions {
    @Option(names = "--state", required = true, paramLabel = "FOLDER", description = "Kept over reboots.")
    Path state = Path.of("");

    @Option(
            names = "--run",
            required = true,
            paramLabel = "FOLDER",
            description = "Lost at a reboot: on tmpfs, such as beneath /run.")
    Path run = Path.of("");

    @Option(
            names = "--cgroup",
            defaultValue = "gantry",
            paramLabel = "NAME",
            description = "Name of the tree beneath which containers are limited.")
    String cgroup = "gantry";
}
