package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.image.ImageStore;
import dev.gantry.agent.network.PodNetwork;
import dev.gantry.agent.probe.CheckRunner;
import dev.gantry.agent.time.AlarmClock;
import dev.gantry.agent.volume.PodVolumes;
import dev.gantry.agent.volume.VolumeKernel;

/** What every pod's worker works with. */
record PodContext(
        PodAgentConfig host,
        PodPaths paths,
        PodStore store,
        ContainerRuntime runtime,
        ImageStore images,
        ImagePulls pulls,
        PodNetwork network,
        PodCgroups cgroups,
        PodVolumes volumes,
        VolumeKernel kernel,
        AlarmClock clock,
        CheckRunner checks,
        PodObserver observer) {}
