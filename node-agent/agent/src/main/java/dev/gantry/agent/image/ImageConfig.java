package dev.gantry.agent.image;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * What an image says about how to run it: the {@code config} object of the OCI image specification.
 *
 * @param user empty for root
 * @param workingDirectory empty for /
 * @param environment NAME=value
 * @param exposedPorts such as 80/tcp
 * @param stopSignal empty for SIGTERM
 */
public record ImageConfig(
        String user,
        String workingDirectory,
        List<String> environment,
        List<String> entrypoint,
        List<String> command,
        SortedSet<String> exposedPorts,
        SortedSet<String> volumes,
        Map<String, String> labels,
        String stopSignal) {
    public ImageConfig {
        environment = List.copyOf(environment);
        entrypoint = List.copyOf(entrypoint);
        command = List.copyOf(command);
        labels = Map.copyOf(labels);
    }
}
