package dev.gantry.controlplane.controller.nodelife;

import dev.gantry.controlplane.controller.runtime.Owners;
import dev.gantry.controlplane.controller.runtime.Selectors;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.List;

/** Pods that must never run twice: on a node that can't be heard they may still run, so they are not replaced. */
final class AtMostOne {
    static final String LABEL = "gantry.dev/at-most-one";

    private AtMostOne() {}

    static boolean applies(Pod pod) {
        List<Volume> volumes =
                pod.getSpec().getVolumes() == null ? List.of() : pod.getSpec().getVolumes();
        return "true".equals(Selectors.labels(pod).get(LABEL))
                || Owners.controllerOf(pod)
                        .filter(owner -> owner.getKind().equals("StatefulSet"))
                        .isPresent()
                || volumes.stream().anyMatch(AtMostOne::isForOneNode);
    }

    /** The access mode of a claim is not known here: without proof that it may be mounted twice, it may not. */
    private static boolean isForOneNode(Volume volume) {
        if (volume.getPersistentVolumeClaim() != null) {
            return !Boolean.TRUE.equals(volume.getPersistentVolumeClaim().getReadOnly());
        }
        if (volume.getEphemeral() == null || volume.getEphemeral().getVolumeClaimTemplate() == null) {
            return false;
        }
        var spec = volume.getEphemeral().getVolumeClaimTemplate().getSpec();
        return spec == null
                || spec.getAccessModes() == null
                || spec.getAccessModes().stream().anyMatch(mode -> mode.startsWith("ReadWriteOnce"));
    }
}
