package dev.gantry.agent;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The command line of {@code run}. */
final class RunOptions extends HostOptions {
    @Option(names = "--node-name", required = true, paramLabel = "NAME", description = "Of this host in the cluster.")
    String nodeName = "";

    @Option(
            names = "--control-plane",
            required = true,
            split = ",",
            paramLabel = "HOST:PORT",
            description = "Where control planes answer.")
    List<String> controlPlanes = List.of();

    @Option(
            names = "--join-token-file",
            paramLabel = "FILE",
            description = "Holds the token by which a host that is no node yet joins. Deleted when it has.")
    @Nullable
    Path joinTokenFile;

    @Option(
            names = "--address",
            paramLabel = "ADDRESS",
            description = "Of this host, for other nodes (default: those of its network interfaces).")
    List<String> addresses = List.of();
}
