package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.CreateOptions;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/** The writes of one transaction as operations on znodes, and how to tell from the znodes what became of them. For one use by one thread. */
final class Transaction {
    /** Of all values together: what fits a request of {@code jute.maxbuffer} with its paths. */
    static final int MAX_BYTES = (4 << 20) - (256 << 10);

    private static final int ABSENT = -1;

    private final UUID operation;
    private final List<Write> writes;
    private final List<String> paths;
    private final List<byte[]> values;
    private final @Nullable Integer leaderVersion;
    private final Map<String, Integer> expectedVersions = new HashMap<>();

    private Transaction(UUID operation, List<Write> writes, List<byte[]> values, @Nullable Integer leaderVersion) {
        this.operation = operation;
        this.writes = writes;
        this.paths = writes.stream().map(write -> StorePaths.of(write.key())).toList();
        this.values = values;
        this.leaderVersion = leaderVersion;
    }

    /**
     * @param leaderVersion that {@code /gantry/leader} must have; null for none
     * @throws StoreException.TooLarge when an object is, or all together are
     * @throws IllegalArgumentException when an object is written twice
     */
    static Transaction of(
            List<Write> writes, @Nullable Integer leaderVersion, ObjectCodec codec, Tombstones tombstones) {
        UUID operation = UUID.randomUUID();
        Set<ObjectKey> seen = new HashSet<>();
        List<byte[]> values = new ArrayList<>();
        long bytes = 0;
        for (Write write : writes) {
            if (!seen.add(write.key())) {
                throw new IllegalArgumentException("%s is written twice in one transaction".formatted(write.key()));
            }
            byte[] value = switch (write) {
                case Write.Create create -> codec.encode(create.key(), create.uid(), operation, create.json());
                case Write.Update update ->
                    codec.encode(update.key(), update.expected().uid(), operation, update.json());
                case Write.Delete delete ->
                    Envelope.tombstone(operation, delete.expected().uid()).encode();
            };
            bytes += value.length;
            if (bytes > MAX_BYTES) {
                throw new StoreException.TooLarge(write.key(), bytes, MAX_BYTES);
            }
            values.add(value);
        }
        Transaction transaction = new Transaction(operation, List.copyOf(writes), values, leaderVersion);
        for (int i = 0; i < writes.size(); i++) {
            Write write = writes.get(i);
            int expected = switch (write) {
                case Write.Create create -> tombstones.version(create.key()).orElse(ABSENT);
                case Write.Update update -> update.expected().version();
                case Write.Delete delete -> delete.expected().version();
            };
            transaction.expectedVersions.put(transaction.paths.get(i), expected);
        }
        return transaction;
    }

    List<Op> operations(List<ACL> acl) {
        List<Op> operations = new ArrayList<>();
        if (leaderVersion != null) {
            operations.add(Op.check(StorePaths.LEADER, leaderVersion));
        }
        for (int i = 0; i < writes.size(); i++) {
            String path = paths.get(i);
            int expected = expected(path);
            operations.add(
                    expected == ABSENT
                            ? Op.create(
                                    path,
                                    values.get(i),
                                    CreateOptions.newBuilder(acl, CreateMode.PERSISTENT)
                                            .build())
                            : Op.setData(path, values.get(i), expected));
        }
        return operations;
    }

    /** Where in {@link #operations} the check of the fence is; negative when there is none. */
    int fenceIndex() {
        return leaderVersion == null ? -1 : 0;
    }

    /** The write that an operation is of. */
    Write write(int operationIndex) {
        return writes.get(operationIndex - fenceIndex() - 1);
    }

    List<String> paths() {
        return paths;
    }

    List<Write> writes() {
        return writes;
    }

    /** A create is to be a create, or to go over a tombstone of this version. */
    void createOver(String path, @Nullable Integer tombstoneVersion) {
        expectedVersions.put(path, tombstoneVersion == null ? ABSENT : tombstoneVersion);
    }

    /** Whether a znode holds what this transaction wrote. */
    boolean wrote(Envelope found) {
        return found.operation().equals(operation);
    }

    /** Whether a znode is still as this transaction expects it to be. */
    boolean isAsExpected(String path, @Nullable Stat found) {
        int expected = expected(path);
        return found == null ? expected == ABSENT : found.getVersion() == expected;
    }

    /** The objects as written, once the ensemble has acknowledged them. */
    List<StoredObject> outcome(long revision) {
        List<StoredObject> objects = new ArrayList<>();
        for (int i = 0; i < writes.size(); i++) {
            Write write = writes.get(i);
            int version = expected(paths.get(i)) + 1;
            objects.add(
                    switch (write) {
                        case Write.Create create ->
                            new StoredObject(create.key(), create.uid(), revision, version, create.json());
                        case Write.Update update ->
                            new StoredObject(update.key(), update.expected().uid(), revision, version, update.json());
                        case Write.Delete delete ->
                            new StoredObject(
                                    delete.key(),
                                    delete.expected().uid(),
                                    revision,
                                    version,
                                    delete.expected().json());
                    });
        }
        return List.copyOf(objects);
    }

    private int expected(String path) {
        return requireNonNull(expectedVersions.get(path), "path is of another transaction");
    }
}
