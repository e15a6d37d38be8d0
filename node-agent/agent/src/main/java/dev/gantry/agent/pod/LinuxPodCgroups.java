package dev.gantry.agent.pod;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.container.ContainerConfig;
import dev.gantry.linux.cgroup.CgroupLimits;
import dev.gantry.linux.cgroup.CgroupTree;
import java.io.IOException;
import java.util.Collection;

/** Pods' groups in the agent's tree of this host. */
public final class LinuxPodCgroups implements PodCgroups {
    private final CgroupTree tree;

    /** @param tree the one that the container runtime uses */
    public LinuxPodCgroups(CgroupTree tree) {
        this.tree = requireNonNull(tree, "tree is null");
    }

    @Override
    public void create(String podUid, ContainerConfig.Limits limits) throws IOException {
        tree.create(
                PodCgroups.path(podUid),
                new CgroupLimits(limits.cpuMilli(), limits.cpuShares(), limits.memoryBytes(), limits.pids()));
    }

    @Override
    public void delete(String podUid) throws IOException {
        tree.group(PodCgroups.path(podUid)).delete();
    }

    @Override
    public void deleteAllBut(Collection<String> podUids) throws IOException {
        for (String podUid : tree.children("pods")) {
            if (!podUids.contains(podUid)) {
                delete(podUid);
            }
        }
    }
}
