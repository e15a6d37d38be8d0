package dev.gantry.controlplane.membership;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.ObjectStore;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.controlplane.store.StoredObject;
import dev.gantry.controlplane.store.Write;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The control planes that belong to the cluster, whether they run or not: objects of {@code gantry.dev/v1} whose name is a number that is given once.
 * Written when one joins or moves, never while nothing changes. Safe for use by many threads.
 */
public final class ControlPlanes {
    private static final String GROUP = "gantry.dev";
    private static final String RESOURCE = "controlplanes";
    private static final CrashPoint CLAIMED = CrashPoint.of("controlplane.claimed");
    private static final int ATTEMPTS = 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Duration CURRENT_PATIENCE = Duration.ofSeconds(5);

    private final ObjectStore store;
    private volatile Known known = new Known(List.of(), List.of());

    /** What objects of these revisions say: sessions ask again and again, and they hardly ever change. */
    private record Known(List<Long> revisions, List<Member> members) {}

    public ControlPlanes(ObjectStore store) {
        this.store = requireNonNull(store, "store is null");
    }

    /**
     * One control plane.
     *
     * @param id of its member of the quorum as well
     * @param replica its name in the store, the same as long as its state directory lives
     * @param address host:port, where agents, users and the others reach it
     */
    public record Member(int id, String replica, String address) {}

    /** By id. */
    public List<Member> list() {
        List<StoredObject> objects = store.cache().list(GROUP, RESOURCE, null).objects();
        List<Long> revisions = objects.stream().map(StoredObject::revision).toList();
        Known last = known;
        if (!last.revisions().equals(revisions)) {
            last = new Known(
                    revisions,
                    objects.stream()
                            .map(ControlPlanes::read)
                            .sorted(Comparator.comparing(Member::id))
                            .toList());
            known = last;
        }
        return last.members();
    }

    /** host:port of each, by id. */
    public List<String> addresses() {
        return list().stream().map(Member::address).toList();
    }

    /**
     * The number of a replica; a new one for a replica that has none.
     *
     * @param address where it answers from now on
     */
    public Member claim(String replica, String address) {
        for (int attempt = 1; ; attempt++) {
            store.cache().awaitCurrent(CURRENT_PATIENCE);
            try {
                Optional<Member> earlier = find(replica);
                if (earlier.isEmpty()) {
                    return create(new Member(next(), replica, address));
                }
                return earlier.get().address().equals(address)
                        ? earlier.get()
                        : update(new Member(earlier.get().id(), replica, address));
            } catch (StoreException.AlreadyExists | StoreException.Conflict | StoreException.NotFound e) {
                // another one claimed the number at this moment, or this one was removed: look again
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** Idempotent. */
    void remove(int id) {
        for (int attempt = 1; ; attempt++) {
            Optional<StoredObject> stored = store.cache().get(key(id));
            if (stored.isEmpty()) {
                return;
            }
            try {
                store.write(new Write.Delete(stored.get().key(), stored.get()), null);
                return;
            } catch (StoreException.NotFound e) {
                return;
            } catch (StoreException.Conflict e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** By the name of its replica. */
    Optional<Member> find(String replica) {
        return list().stream()
                .filter(member -> member.replica().equals(replica))
                .findFirst();
    }

    private int next() {
        return list().stream().mapToInt(Member::id).max().orElse(0) + 1;
    }

    private Member create(Member member) {
        store.write(new Write.Create(key(member.id()), UUID.randomUUID().toString(), bytes(member)), null);
        CLAIMED.reach();
        return member;
    }

    private Member update(Member member) {
        StoredObject stored =
                store.cache().get(key(member.id())).orElseThrow(() -> new StoreException.NotFound(key(member.id())));
        store.write(new Write.Update(stored.key(), stored, bytes(member)), null);
        CLAIMED.reach();
        return member;
    }

    private static ObjectKey key(int id) {
        return new ObjectKey(GROUP, RESOURCE, null, Integer.toString(id));
    }

    private static byte[] bytes(Member member) {
        ObjectNode object =
                JSON.createObjectNode().put("apiVersion", "gantry.dev/v1").put("kind", "ControlPlane");
        object.putObject("metadata").put("name", Integer.toString(member.id()));
        object.putObject("spec").put("replica", member.replica()).put("address", member.address());
        return object.toString().getBytes(UTF_8);
    }

    private static Member read(StoredObject stored) {
        try {
            JsonNode object = JSON.readTree(stored.json());
            return new Member(
                    Integer.parseInt(stored.key().name()),
                    object.at("/spec/replica").asText(),
                    object.at("/spec/address").asText());
        } catch (IOException e) {
            throw new IllegalStateException(
                    "stored control plane %s is not JSON".formatted(stored.key().name()), e);
        }
    }
}
