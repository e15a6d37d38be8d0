package dev.gantry.agent.build;

import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.common.image.ImageName;
import java.io.IOException;

/** Gives what was built to those who are to run it elsewhere. Safe for use by many threads. */
@FunctionalInterface
public interface ImagePublisher {
    /** Nobody else is to have it. */
    ImagePublisher NONE = (image, name) -> {};

    /**
     * Blocks until others can get the image by its digest. Idempotent.
     *
     * @param name one of its names to be
     * @throws IOException with a message for the user
     */
    void publish(Image image, ImageName name) throws IOException;
}
