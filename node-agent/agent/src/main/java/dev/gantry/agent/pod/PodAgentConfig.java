package dev.gantry.agent.pod;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;

/**
 * How this host runs pods.
 *
 * @param stateDirectory the agent's state on disk; pods keep theirs beneath it
 * @param runDirectory the agent's run-time state on tmpfs (beneath /run), gone after a reboot
 * @param bootId of /proc/sys/kernel/random/boot_id
 * @param hostAddresses best first; at least one
 * @param memoryCapacityBytes of the host, for OOM scores
 * @param defaultPidsLimit processes of a container whose spec names no limit; 0 for none
 */
public record PodAgentConfig(
        Path stateDirectory,
        Path runDirectory,
        String bootId,
        List<String> hostAddresses,
        long memoryCapacityBytes,
        long defaultPidsLimit) {
    public PodAgentConfig {
        requireNonNull(stateDirectory, "stateDirectory is null");
        requireNonNull(runDirectory, "runDirectory is null");
        requireNonNull(bootId, "bootId is null");
        hostAddresses = List.copyOf(hostAddresses);
        if (hostAddresses.isEmpty()) {
            throw new IllegalArgumentException(
                    "hostAddresses is empty: a pod must be able to learn its host's address");
        }
    }
}
