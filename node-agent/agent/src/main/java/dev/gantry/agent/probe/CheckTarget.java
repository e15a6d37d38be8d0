package dev.gantry.agent.probe;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime;
import java.util.List;

/** The container that is checked. */
public interface CheckTarget {
    /** Where it listens. */
    String address();

    ContainerRuntime.ExecProcess exec(List<String> command) throws ContainerException;
}
