package dev.gantry.agent.pod;

import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.image.ImageStore;
import dev.gantry.agent.time.AlarmClock;
import dev.gantry.wire.node.v1.ImageRef;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Looks for one container's image, and says when it is to be pulled: after a failure less and less often. Not safe for concurrent use. */
final class ImageLookup {
    private static final long LONGEST_LOOK_MILLIS = 30_000;
    private static final long FIRST_PULL_WAIT_MILLIS = 2_000;
    private static final long LONGEST_PULL_WAIT_MILLIS = 120_000;
    /** How long a failure is shown as itself, before it is shown as a wait. */
    private static final long SHOWN_MILLIS = 1_000;

    private final ImageStore images;
    private final AlarmClock clock;
    private final RandomGenerator random;
    private int misses;
    private int failures;
    private long notBeforeMillis;
    private String failure = "";

    /** @param random scatters waits, so that a fleet does not ask at one moment */
    ImageLookup(ImageStore images, AlarmClock clock, RandomGenerator random) {
        this.images = images;
        this.clock = clock;
        this.random = random;
    }

    sealed interface Outcome {}

    record Present(ImageStore.Image image) implements Outcome {}

    /** It is to be pulled now. */
    record Absent(ImagePulls.Wanted wanted) implements Outcome {}

    /** @param first whether it is to be told as an event */
    record Missing(Waiting why, long retryMillis, boolean first) implements Outcome {}

    /** A pull has failed not long ago. */
    record BackingOff(Waiting why, long retryMillis) implements Outcome {}

    /**
     * @param logins for registries of others
     * @param pulled what was pulled for this start; empty for nothing
     */
    Outcome look(ImageRef wanted, List<ImagePulls.RegistryLogin> logins, String pulled) {
        if (wanted.getDigest().isEmpty() && !wanted.getExternal()) {
            return missing(new Waiting(
                    "ImageNotFound",
                    "Image %s is not known to the cluster: build it, or correct the name".formatted(wanted.getName())));
        }
        Optional<ImageStore.Image> image = find(wanted, pulled);
        if (image.isPresent()) {
            startOver();
            return new Present(image.get());
        }
        if (wanted.getPullPolicy() == ImageRef.PullPolicy.NEVER) {
            return missing(new Waiting(
                    "ErrImageNeverPull",
                    "Container image \"%s\" is not present with pull policy of Never".formatted(wanted.getName())));
        }
        long left = notBeforeMillis - clock.millis();
        if (left > 0) {
            return new BackingOff(
                    new Waiting(
                            "ImagePullBackOff",
                            "Back-off pulling image \"%s\": ErrImagePull: %s".formatted(wanted.getName(), failure)),
                    left);
        }
        return new Absent(new ImagePulls.Wanted(wanted.getName(), wanted.getDigest(), wanted.getExternal(), logins));
    }

    /** A digest never means another image; a name of another registry may, and with the policy Always it is asked again. */
    private Optional<ImageStore.Image> find(ImageRef wanted, String pulled) {
        if (!wanted.getDigest().isEmpty()) {
            return images.find(wanted.getDigest());
        }
        if (!pulled.isEmpty()) {
            return images.find(pulled);
        }
        return wanted.getPullPolicy() == ImageRef.PullPolicy.ALWAYS
                ? Optional.empty()
                : images.findNamed(wanted.getName());
    }

    private Missing missing(Waiting why) {
        long wait = Math.min(LONGEST_LOOK_MILLIS, 1000L << Math.min(misses, 5));
        return new Missing(why, wait, misses++ == 0);
    }

    /** A pull has failed. @return until when that is shown, in milliseconds from now */
    long failed(String why) {
        long ceiling = Math.min(LONGEST_PULL_WAIT_MILLIS, FIRST_PULL_WAIT_MILLIS << Math.min(failures, 6));
        failures++;
        failure = why;
        notBeforeMillis = clock.millis() + ceiling / 2 + random.nextLong(ceiling / 2 + 1);
        return SHOWN_MILLIS;
    }

    /** The cause of the failure may be gone: the next look may pull. */
    void retryNow() {
        notBeforeMillis = 0;
    }

    /** Another image is wanted. */
    void startOver() {
        misses = 0;
        failures = 0;
        notBeforeMillis = 0;
    }
}
