package dev.gantry.controlplane.identity;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.identity.Keys;
import dev.gantry.controlplane.identity.JoinRefusedException.Reason;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.ObjectStore;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.controlplane.store.StoredObject;
import dev.gantry.controlplane.store.Write;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Join tokens: objects of {@code gantry.dev/v1} that hold a hash of the secret, an expiry, and which hosts have used them. The secret itself is shown
 * once, when the token is made. Using a token again for the same name and key is the same join (its answer was lost). Safe for use by many threads.
 */
public final class JoinTokens {
    public static final String GROUP = "gantry.dev";
    public static final String RESOURCE = "jointokens";

    private static final CrashPoint CREATED = CrashPoint.of("jointoken.created");
    private static final CrashPoint DELETED = CrashPoint.of("jointoken.deleted");
    private static final CrashPoint REDEEMED = CrashPoint.of("jointoken.redeemed");
    private static final int ATTEMPTS = 5;
    private static final String REFUSED =
            "the join token is unknown, expired or used up; make a new one with: gantry token create";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObjectStore store;
    private final String authorityFingerprint;
    private final Clock clock;
    private final SecureRandom random;

    public JoinTokens(ObjectStore store, String authorityFingerprint, Clock clock, SecureRandom random) {
        this.store = requireNonNull(store, "store is null");
        this.authorityFingerprint = requireNonNull(authorityFingerprint, "authorityFingerprint is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.random = requireNonNull(random, "random is null");
    }

    /** What a token lets its bearer become. */
    public enum Role {
        NODE("node"),
        /** Gets every secret of the cluster. */
        CONTROL_PLANE("control-plane");

        private final String word;

        Role(String word) {
            this.word = word;
        }

        /** As {@code spec.role} says it. */
        public String word() {
            return word;
        }
    }

    /**
     * Makes a token.
     *
     * @param validity from a second to a year
     * @param maxUses hosts that may join with it, 1 to 10,000
     * @throws IllegalArgumentException when one of them is outside
     */
    public Issued create(Role role, Duration validity, int maxUses) {
        if (validity.compareTo(Duration.ofSeconds(1)) < 0 || validity.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException("expected a validity from 1 s to 365 days, not " + validity);
        }
        if (maxUses < 1 || maxUses > 10_000) {
            throw new IllegalArgumentException("expected 1 to 10000 uses, not " + maxUses);
        }
        purgeExpired();
        JoinToken token = JoinToken.generate(random, authorityFingerprint);
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        String uid = UUID.randomUUID().toString();
        ObjectNode object =
                JSON.createObjectNode().put("apiVersion", "gantry.dev/v1").put("kind", "JoinToken");
        object.putObject("metadata").put("name", token.id()).put("uid", uid).put("creationTimestamp", now.toString());
        object.putObject("spec")
                .put("expiresAt", now.plus(validity).toString())
                .put("maxUses", maxUses)
                .put("role", role.word())
                .put("secretSha256", hash(token.secret()));
        object.putObject("status").putObject("joined");
        store.write(new Write.Create(key(token.id()), uid, bytes(object)), null);
        CREATED.reach();
        return new Issued(token, now.plus(validity));
    }

    /**
     * Uses a token once for a host.
     *
     * @throws JoinRefusedException when it is not valid; the same words for every reason, so that nothing is learnt by guessing
     */
    public void redeem(
            Role role, String id, String secret, String nodeName, String keyFingerprint, @Nullable Fence fence)
            throws JoinRefusedException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            StoredObject stored = verified(role, id, secret);
            ObjectNode object = read(stored);
            ObjectNode joined = object.withObject("/status/joined");
            if (joined.path(nodeName).asText().equals(keyFingerprint)) {
                return;
            }
            if (joined.has(nodeName)
                    || joined.size() >= object.at("/spec/maxUses").asInt()) {
                throw new JoinRefusedException(Reason.TOKEN, REFUSED);
            }
            joined.put(nodeName, keyFingerprint);
            try {
                store.write(new Write.Update(stored.key(), stored, bytes(object)), fence);
                REDEEMED.reach();
                return;
            } catch (StoreException.Conflict | StoreException.NotFound e) {
                // another host used the token at this moment: look again
            }
        }
        throw new JoinRefusedException(Reason.TOKEN, "the join token is in use by many hosts at once; try again");
    }

    /** Verifies a token without using it, so that other checks can come before its use. */
    public void verify(Role role, String id, String secret) throws JoinRefusedException {
        verified(role, id, secret);
    }

    /** The tokens that are good for something still, the oldest first; their secrets are known to nobody here. */
    public List<Listed> list() {
        return store.cache().list(GROUP, RESOURCE, null).objects().stream()
                .map(JoinTokens::read)
                .filter(object -> !expired(object))
                .map(JoinTokens::listed)
                .sorted(Comparator.comparing(Listed::createdAt).thenComparing(Listed::id))
                .toList();
    }

    /** Nobody joins with it any more; who has joined stays. @return false when there is no such token */
    public boolean delete(String id) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            StoredObject stored = find(id);
            if (stored == null) {
                return false;
            }
            try {
                store.write(new Write.Delete(stored.key(), stored), null);
                DELETED.reach();
                return true;
            } catch (StoreException.Conflict e) {
                // a host has just used it: look again
            } catch (StoreException.NotFound e) {
                return false;
            }
        }
        throw new ApiException(409, "Conflict", "the join token is in use by many hosts at once; try again");
    }

    private static Listed listed(ObjectNode object) {
        List<String> joined = new ArrayList<>();
        object.at("/status/joined").fieldNames().forEachRemaining(joined::add);
        return new Listed(
                object.at("/metadata/name").asText(),
                Instant.parse(object.at("/metadata/creationTimestamp").asText()),
                Instant.parse(object.at("/spec/expiresAt").asText()),
                object.at("/spec/maxUses").asInt(),
                object.at("/spec/role").asText(Role.NODE.word()),
                joined);
    }

    /** Deletes tokens that have expired. */
    public void purgeExpired() {
        for (StoredObject stored : store.cache().list(GROUP, RESOURCE, null).objects()) {
            if (expired(read(stored))) {
                try {
                    store.write(new Write.Delete(stored.key(), stored), null);
                } catch (StoreException.Conflict | StoreException.NotFound e) {
                    // somebody else changed or deleted it: the next purge sees to it
                }
            }
        }
    }

    private StoredObject verified(Role role, String id, String secret) throws JoinRefusedException {
        StoredObject stored = find(id);
        if (stored == null) {
            throw new JoinRefusedException(Reason.TOKEN, REFUSED);
        }
        ObjectNode object = read(stored);
        boolean matches = MessageDigest.isEqual(
                object.at("/spec/secretSha256").asText().getBytes(UTF_8),
                hash(secret).getBytes(UTF_8));
        boolean forThis = object.at("/spec/role").asText(Role.NODE.word()).equals(role.word());
        if (!matches || !forThis || expired(object)) {
            throw new JoinRefusedException(Reason.TOKEN, REFUSED);
        }
        return stored;
    }

    private @Nullable StoredObject find(String id) {
        return id.matches("[a-z0-9]{10}") ? store.cache().get(key(id)).orElse(null) : null;
    }

    private boolean expired(ObjectNode object) {
        return !clock.instant()
                .isBefore(Instant.parse(object.at("/spec/expiresAt").asText()));
    }

    private static String hash(String secret) {
        return Keys.sha256(secret.getBytes(UTF_8));
    }

    private static ObjectKey key(String id) {
        return new ObjectKey(GROUP, RESOURCE, null, id);
    }

    private static ObjectNode read(StoredObject stored) {
        try {
            return (ObjectNode) JSON.readTree(stored.json());
        } catch (IOException e) {
            throw new IllegalStateException(
                    "stored join token %s is not JSON".formatted(stored.key().name()), e);
        }
    }

    private static byte[] bytes(ObjectNode object) {
        return object.toString().getBytes(UTF_8);
    }

    /** What may be known of a token that was made before. @param joined names of the hosts that have joined with it */
    public record Listed(
            String id, Instant createdAt, Instant expiresAt, int maxUses, String role, List<String> joined) {
        public Listed {
            joined = List.copyOf(joined);
        }
    }

    /** A token at the only moment at which its secret is known. */
    public record Issued(JoinToken token, Instant expiresAt) {}
}
