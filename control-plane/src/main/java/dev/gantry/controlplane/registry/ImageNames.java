package dev.gantry.controlplane.registry;

import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What names mean in the cluster, on every replica alike. Errors of the store pass through. Safe for use by many threads. */
public interface ImageNames {
    /** The manifest that a name with a tag means; empty for one that the cluster does not know. */
    Optional<Digest> digest(ImageName name);

    /** In lexical order. */
    List<String> tags(String repository);

    /**
     * Gives a name to a manifest that the registry holds; one that another had is taken from that.
     *
     * @param bytes of configuration and layers
     * @throws dev.gantry.controlplane.resource.ApiException 503 on a replica that does not lead
     */
    void assign(ImageName name, Digest manifest, long bytes);

    /** @return whether there was such a name */
    boolean remove(ImageName name);

    /** Every manifest that a name means or a pod runs: not to be collected. Empty while that is not known for sure. */
    Optional<Set<Digest>> needed();
}
