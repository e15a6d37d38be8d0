package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.StoredObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads objects from the cache, as current as the request asks for. Safe for use by many threads. */
public final class ResourceReader {
    static final Duration READ_TIMEOUT = Duration.ofSeconds(5);

    private final ObjectCache cache;

    public ResourceReader(ObjectCache cache) {
        this.cache = requireNonNull(cache, "cache is null");
    }

    /**
     * @param items in the stored version, with their revisions
     * @param continueToken null when nothing follows
     * @param remaining how many follow; null when not known
     */
    public record Page(
            long revision,
            List<Item> items,
            @Nullable String continueToken,
            @Nullable Long remaining) {}

    /** @param tree a fresh tree of the stored version, without the revision */
    public record Item(StoredObject stored, ObjectNode tree) {}

    /**
     * @param resourceVersion null for the current version; else the cache's, at or after this revision
     * @throws ApiException 404 when there is none
     */
    public StoredObject get(
            ServedKind served, @Nullable String namespace, String name, @Nullable String resourceVersion) {
        awaitFreshness(resourceVersion);
        return cache.get(served.key(namespace, name)).orElseThrow(() -> ApiException.notFound(served.subject(name)));
    }

    /** @throws ApiException 400 for tokens and revisions that are none, 410 for those too old */
    public Page list(ServedKind served, @Nullable String namespace, ListOptions options) {
        Token token = options.continueToken() == null ? null : Token.decode(options.continueToken());
        ObjectCache.Listing listing = listing(served, namespace, options, token);
        List<Item> items = new ArrayList<>();
        @Nullable ObjectKey last = null;
        int position = 0;
        List<StoredObject> objects = listing.objects();
        for (; position < objects.size(); position++) {
            StoredObject stored = objects.get(position);
            if (token != null && token.isBefore(stored.key())) {
                continue;
            }
            if (options.limit() > 0 && items.size() == options.limit()) {
                break;
            }
            ObjectNode tree = Json.readObject(stored.json());
            if (matches(options, tree)) {
                items.add(new Item(stored, tree));
                last = stored.key();
            }
        }
        if (position == objects.size() || last == null) {
            return new Page(listing.revision(), items, null, null);
        }
        // with selectors nobody has counted what follows
        Long remaining = options.selects() ? null : Long.valueOf(objects.size() - position);
        return new Page(
                listing.revision(), items, Token.after(listing.revision(), last).encode(), remaining);
    }

    private ObjectCache.Listing listing(
            ServedKind served, @Nullable String namespace, ListOptions options, @Nullable Token token) {
        String group = served.kind().group();
        String plural = served.kind().plural();
        if (token != null) {
            return cache.listAt(group, plural, namespace, token.revision());
        }
        String resourceVersion = options.resourceVersion();
        awaitFreshness(resourceVersion);
        if (options.exact() && resourceVersion != null) {
            return cache.listAt(group, plural, namespace, parseRevision(resourceVersion));
        }
        return cache.list(group, plural, namespace);
    }

    private void awaitFreshness(@Nullable String resourceVersion) {
        if (resourceVersion == null || resourceVersion.isEmpty()) {
            cache.awaitCurrent(READ_TIMEOUT);
        } else {
            long revision = parseRevision(resourceVersion);
            if (revision > 0) {
                cache.awaitRevision(revision, READ_TIMEOUT);
            }
        }
    }

    static boolean matches(ListOptions options, ObjectNode tree) {
        return options.labels().matches(Meta.labels(tree)) && options.fields().matches(tree);
    }

    /** @throws ApiException 400 when it is no revision */
    public static long parseRevision(String resourceVersion) {
        try {
            long revision = Long.parseLong(resourceVersion);
            if (revision >= 0) {
                return revision;
            }
        } catch (NumberFormatException e) {
            // answered below, as a negative number is
        }
        throw ApiException.badRequest(
                "Invalid value: \"%s\": a resourceVersion is a number that this server has handed out"
                        .formatted(resourceVersion));
    }

    /** Where a page ended, and at which revision: opaque to clients. */
    private record Token(long revision, String namespace, String name) {
        static Token after(long revision, ObjectKey key) {
            return new Token(revision, key.namespace() == null ? "" : key.namespace(), key.name());
        }

        /** Whether an object was told on this page or an earlier one. */
        boolean isBefore(ObjectKey key) {
            int byNamespace = (key.namespace() == null ? "" : key.namespace()).compareTo(namespace);
            return byNamespace < 0 || (byNamespace == 0 && key.name().compareTo(name) <= 0);
        }

        String encode() {
            String text = "1:%d:%s:%s".formatted(revision, namespace, name);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        }

        static Token decode(String token) {
            try {
                String[] parts = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8).split(":", 4);
                if (parts.length == 4 && parts[0].equals("1")) {
                    return new Token(Long.parseLong(parts[1]), parts[2], parts[3]);
                }
            } catch (IllegalArgumentException e) {
                // answered below, as a token of another version is
            }
            throw ApiException.badRequest(
                    "continue: not a token that this server has handed out; list again without it");
        }
    }
}
