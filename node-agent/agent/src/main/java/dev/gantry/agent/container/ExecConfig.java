package dev.gantry.agent.container;

import java.util.List;
import java.util.Map;

/**
 * A process to run inside a running container, with the container's namespaces, cgroup and security.
 *
 * @param environment added to the container's own
 */
public record ExecConfig(List<String> command, Map<String, String> environment, boolean stdin, boolean terminal) {
    public ExecConfig {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }
}
