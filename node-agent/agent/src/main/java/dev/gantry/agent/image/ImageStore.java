package dev.gantry.agent.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The images of this host. Content-addressed: a digest once stored is whole and never changes. Safe for use by many threads. */
public interface ImageStore {
    /** The image with this manifest digest, if it is whole in the store. */
    Optional<Image> find(String digest);

    /** The image that is called so on this host; by its digest when the name has one. Empty also for what is no name. */
    Optional<Image> findNamed(String name);

    /** Every whole image. */
    List<Image> list();

    /**
     * Keeps an image and its layers from being collected until the lease is closed. Leases of running containers are taken anew at adoption.
     *
     * @throws IOException when the image is gone
     */
    Lease lease(String digest, String holder) throws IOException;

    /**
     * @param digest of the manifest, sha256:…
     * @param layers unpacked directories, the top one first
     * @param bytes on disk
     */
    record Image(String digest, ImageConfig config, List<Path> layers, long bytes, List<String> names) {
        public Image {
            layers = List.copyOf(layers);
            names = List.copyOf(names);
        }
    }

    interface Lease extends AutoCloseable {
        @Override
        void close();
    }
}
