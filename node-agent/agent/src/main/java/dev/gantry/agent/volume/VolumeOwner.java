package dev.gantry.agent.volume;

import java.util.OptionalLong;

/**
 * Who owns what the agent makes in a pod's volumes.
 *
 * @param base host id that is root within the pod: 0 without a user namespace
 * @param fsGroup the pod's id of the owning group
 */
public record VolumeOwner(int base, OptionalLong fsGroup) {
    int uid() {
        return base;
    }

    int gid() {
        return base + (int) fsGroup.orElse(0);
    }
}
