package dev.gantry.controlplane.schedule;

import static dev.gantry.controlplane.resource.Resources.IMAGES;
import static java.util.Objects.requireNonNull;

import dev.gantry.common.image.ImageName;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.model.Image;
import dev.gantry.controlplane.resource.model.ImageStatus;
import dev.gantry.scheduler.PendingPod;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What pods and nodes both call an image: its digest where the cluster knows it, else its name written out in full. A name may have moved to another
 * digest since a node got it, so names are resolved when a pod is placed, for one run of the scheduler.
 */
final class ImageIdentities {
    private final ClusterObjects objects;
    private final Map<String, String> digests = new HashMap<>();

    ImageIdentities(ClusterObjects objects) {
        this.objects = requireNonNull(objects, "objects is null");
    }

    /** A pod whose images are named as nodes name them. */
    PendingPod resolved(PendingPod pod) {
        return pod.withImages(pod.images().stream().map(this::resolved).toList());
    }

    private String resolved(String canonical) {
        return digests.computeIfAbsent(
                canonical,
                name -> objects.get(IMAGES, null, Image.objectName(name))
                        .map(Image::getStatus)
                        .map(ImageStatus::getDigest)
                        .orElse(name));
    }

    /** The digest of a name that has one, else the name with its tag; what is no image name stays as it is. */
    static String canonical(String image) {
        Optional<ImageName> name = ImageName.tryParse(image);
        return name.map(ImageName::digest)
                .map(Object::toString)
                .or(() -> name.map(ImageName::toString))
                .orElse(image);
    }
}
