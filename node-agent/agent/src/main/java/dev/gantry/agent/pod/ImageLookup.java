package dev.gantry.agent.pod;

import dev.gantry.agent.image.ImageStore;
import dev.gantry.wire.node.v1.ImageRef;
import java.util.Optional;

/** Looks for one container's image, less and less often while it is not there. Not safe for concurrent use. */
final class ImageLookup {
    private static final long LONGEST_WAIT_MILLIS = 30_000;

    private final ImageStore images;
    private int misses;

    ImageLookup(ImageStore images) {
        this.images = images;
    }

    sealed interface Outcome {}

    record Present(ImageStore.Image image) implements Outcome {}

    /** @param first whether it is missed for the first time in a row */
    record Missing(Waiting why, long retryMillis, boolean first) implements Outcome {}

    Outcome look(ImageRef wanted) {
        if (wanted.getDigest().isEmpty()) {
            return missing(new Waiting(
                    "ImageNotFound",
                    "Image %s is not known to the cluster: build it, or correct the name".formatted(wanted.getName())));
        }
        Optional<ImageStore.Image> image = images.find(wanted.getDigest());
        if (image.isEmpty()) {
            return missing(new Waiting(
                    "ErrImagePull",
                    "Image %s (%s) is not in this node's image store; trying again"
                            .formatted(wanted.getName(), wanted.getDigest())));
        }
        misses = 0;
        return new Present(image.get());
    }

    private Missing missing(Waiting why) {
        long wait = Math.min(LONGEST_WAIT_MILLIS, 1000L << Math.min(misses, 5));
        return new Missing(why, wait, misses++ == 0);
    }

    /** Another image is wanted. */
    void startOver() {
        misses = 0;
    }
}
