package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** The uploads under way. They are this process' own: after a restart clients begin theirs again. Safe for use by many threads. */
final class Uploads {
    private static final int ID_BYTES = 16;
    private static final int MOST_OF_A_USER = 64;

    private final BlobStore store;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, Upload> open = new ConcurrentHashMap<>();

    /** @param random not to be guessed */
    Uploads(BlobStore store, InstantSource clock, RandomGenerator random) {
        this.store = requireNonNull(store, "store is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.random = requireNonNull(random, "random is null");
    }

    /** A name that nothing has had. */
    String newId() {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        return HexFormat.of().formatHex(id);
    }

    Upload begin(String repository, String user) {
        long own = open.values().stream()
                .filter(upload -> upload.user().equals(user))
                .count();
        if (own >= MOST_OF_A_USER) {
            throw new Refusal(
                    429,
                    "TOOMANYREQUESTS",
                    "%s has %d uploads under way, which is the most allowed; finish or cancel some"
                            .formatted(user, own));
        }
        String id = newId();
        try {
            Upload upload = new Upload(id, repository, user, store.upload(id), clock);
            open.put(id, upload);
            return upload;
        } catch (IOException e) {
            throw Refusal.ofDisk(e);
        }
    }

    /** @throws Refusal for one that is not known, or is another user's or repository's: that is not told apart */
    Upload find(String repository, String user, String id) {
        Upload upload = open.get(id);
        if (upload == null || !upload.isOf(repository, user)) {
            throw Refusal.uploadUnknown(id);
        }
        return upload;
    }

    void forget(Upload upload) {
        open.remove(upload.id(), upload);
    }

    /** Ends those that nobody has worked on since. @return how many */
    int expire(Instant time) {
        int expired = 0;
        for (Upload upload : open.values()) {
            if (upload.isIdleSince(time) && open.remove(upload.id(), upload)) {
                upload.close();
                expired++;
            }
        }
        return expired;
    }
}
