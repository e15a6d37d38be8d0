package dev.gantry.agent.volume;

import java.util.OptionalLong;

/**
 * Who owns what the agent makes in a pod's volumes, as the pod sees it. The same on the host: for a pod with a user namespace, owners are shifted by the mount (an
 * ID-mapped one), not on the disk.
 *
 * @param fsGroup id of the owning group
 */
public record VolumeOwner(OptionalLong fsGroup) {
    int uid() {
        return 0;
    }

    int gid() {
        return (int) fsGroup.orElse(0);
    }
}
