package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDictCompress;
import com.github.luben.zstd.ZstdDictDecompress;
import com.github.luben.zstd.ZstdException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Compression with the dictionaries of the store. They are few, small, and never deleted. Safe for use by many threads. */
final class Dictionaries {
    private static final int LEVEL = 3;

    private final Map<Integer, ZstdDictDecompress> known = new ConcurrentHashMap<>();
    private final IntFunction<byte @Nullable []> store;
    private final int currentId;
    private final ZstdDictCompress current;

    /**
     * @param current what new objects are compressed with
     * @param store reads a dictionary by id when an object needs one that is not known yet; null when there is none
     */
    Dictionaries(byte[] current, IntFunction<byte @Nullable []> store) {
        this.store = requireNonNull(store, "store is null");
        this.currentId = id(current);
        this.current = new ZstdDictCompress(current, LEVEL);
        known.put(currentId, new ZstdDictDecompress(current));
    }

    /** The id that a dictionary carries inside. */
    static int id(byte[] dictionary) {
        long id = Zstd.getDictIdFromDict(dictionary);
        if (id <= 0 || id > Integer.MAX_VALUE) {
            throw new IllegalStateException("%d bytes are no zstd dictionary".formatted(dictionary.length));
        }
        return (int) id;
    }

    Compressed compress(byte[] json) {
        return new Compressed(currentId, Zstd.compress(json, current));
    }

    byte[] decompress(byte[] compressed, int dictionary, int jsonBytes) {
        try {
            byte[] json = dictionary == 0
                    ? Zstd.decompress(compressed, jsonBytes)
                    : Zstd.decompress(compressed, known.computeIfAbsent(dictionary, this::load), jsonBytes);
            if (json.length != jsonBytes) {
                throw new IllegalStateException(
                        "a stored object has %d bytes of JSON, its header says %d".formatted(json.length, jsonBytes));
            }
            return json;
        } catch (ZstdException e) {
            throw new IllegalStateException(
                    "a stored object can't be decompressed with dictionary %d".formatted(dictionary), e);
        }
    }

    private ZstdDictDecompress load(int id) {
        byte[] dictionary = store.apply(id);
        if (dictionary == null) {
            throw new IllegalStateException(
                    "dictionary %d is not in the store; one in use must never be deleted".formatted(id));
        }
        return new ZstdDictDecompress(dictionary);
    }

    record Compressed(int dictionary, byte[] bytes) {}
}
