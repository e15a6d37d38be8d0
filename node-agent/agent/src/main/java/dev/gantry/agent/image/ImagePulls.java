package dev.gantry.agent.image;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.registry.Login;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Brings images to this host. Safe for use by many threads. */
@FunctionalInterface
public interface ImagePulls {
    /** There is nowhere to pull from. */
    ImagePulls NONE = wanted -> CompletableFuture.failedFuture(
            new IOException("the image %s (%s) is not on this node, which pulls from no registry"
                    .formatted(wanted.name(), wanted.digest())));

    /**
     * Begins to pull, or joins the pull of the same image that is under way. Does not block.
     *
     * @return fails with an {@link IOException} whose message is for the user
     */
    CompletableFuture<Pulled> pull(Wanted wanted);

    /**
     * @param name as the user wrote it
     * @param digest of the manifest, sha256:…; empty only for one of a registry of others that is to say what the name means
     * @param external whether to ask the registry that the name begins with, instead of the cluster's
     * @param logins of whoever wants it: what they open is for nobody else
     */
    record Wanted(String name, String digest, boolean external, List<RegistryLogin> logins) {
        public Wanted {
            requireNonNull(name, "name is null");
            requireNonNull(digest, "digest is null");
            logins = List.copyOf(logins);
        }

        /** Of the cluster's registry. */
        public Wanted(String name, String digest) {
            this(name, digest, false, List.of());
        }
    }

    /** @param registry host and optional port */
    record RegistryLogin(String registry, Login login) {
        public RegistryLogin {
            requireNonNull(registry, "registry is null");
            requireNonNull(login, "login is null");
        }
    }

    /**
     * @param bytes of the image as the registry has it
     * @param took from the beginning of this pull's own work
     */
    record Pulled(ImageStore.Image image, long bytes, Duration took) {
        public Pulled {
            requireNonNull(image, "image is null");
            requireNonNull(took, "took is null");
        }
    }
}
