package dev.gantry.agent.build;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.image.ImagePulls;
import java.time.Clock;

/** What every step of every build uses. */
record BuildEnvironment(
        ContainerRuntime runtime,
        IsolatedNetwork.Factory networks,
        ImagePulls pulls,
        BuildCache cache,
        ContainerConfig.Limits limits,
        ContainerConfig.Security security,
        String cgroup,
        Clock clock) {
    BuildEnvironment {
        requireNonNull(runtime, "runtime is null");
        requireNonNull(networks, "networks is null");
        requireNonNull(pulls, "pulls is null");
        requireNonNull(cache, "cache is null");
        requireNonNull(limits, "limits is null");
        requireNonNull(security, "security is null");
        requireNonNull(cgroup, "cgroup is null");
        requireNonNull(clock, "clock is null");
    }
}
