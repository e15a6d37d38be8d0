package dev.gantry.agent.pod;

import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.Assignment.DesiredState;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.Volume;
import dev.gantry.wire.node.v1.VolumeMount;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Refuses what no correct leader sends: names become parts of paths, so whatever isn't a name stops here.
 */
final class AssignmentCheck {
    private static final Pattern UID = Pattern.compile("[a-z0-9]([a-z0-9-]{0,34}[a-z0-9])?");
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private AssignmentCheck() {}

    /** @throws IllegalArgumentException naming the field, its value and what was expected */
    static void check(Assignment assignment) {
        String uid = assignment.getPod().getUid();
        checkUid(uid);
        if (assignment.getDesired() == DesiredState.DESIRED_STATE_UNSPECIFIED
                || assignment.getDesired() == DesiredState.UNRECOGNIZED) {
            throw new IllegalArgumentException("Pod %s has desired state %d, which this agent does not know"
                    .formatted(uid, assignment.getDesiredValue()));
        }
        Set<String> volumes = new HashSet<>();
        for (Volume volume : assignment.getSpec().getVolumesList()) {
            checkName("volume", volume.getName(), uid, volumes);
        }
        Set<String> containers = new HashSet<>();
        Stream.concat(
                        assignment.getSpec().getInitContainersList().stream(),
                        assignment.getSpec().getContainersList().stream())
                .forEach(container -> checkContainer(container, uid, containers, volumes));
    }

    static void check(PodFiles files) {
        checkUid(files.getPodUid());
        checkName("volume", files.getVolume(), files.getPodUid(), new HashSet<>());
    }

    static void checkUid(String uid) {
        if (!UID.matcher(uid).matches()) {
            throw new IllegalArgumentException(
                    "Pod uid '%s' must be up to 36 lower-case letters, digits and hyphens".formatted(uid));
        }
    }

    private static void checkContainer(
            ContainerSpec container, String uid, Set<String> containers, Set<String> volumes) {
        checkName("container", container.getName(), uid, containers);
        for (VolumeMount mount : container.getMountsList()) {
            if (!volumes.contains(mount.getVolume())) {
                throw new IllegalArgumentException(
                        "Container %s of pod %s mounts volume '%s', which the pod does not have"
                                .formatted(container.getName(), uid, mount.getVolume()));
            }
        }
    }

    private static void checkName(String what, String name, String uid, Set<String> taken) {
        if (!LABEL.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "Name '%s' of a %s of pod %s must be a DNS label (RFC 1123)".formatted(name, what, uid));
        }
        if (!taken.add(name)) {
            throw new IllegalArgumentException("Pod %s has two %ss named %s".formatted(uid, what, name));
        }
    }
}
