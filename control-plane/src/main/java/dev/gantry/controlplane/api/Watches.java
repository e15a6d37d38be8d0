package dev.gantry.controlplane.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.http.Failures;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.StatusBody;
import dev.gantry.controlplane.http.WebSocketSession;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.resource.ListOptions;
import dev.gantry.controlplane.resource.Meta;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.ResourceReader;
import dev.gantry.controlplane.resource.ResourceWatch;
import dev.gantry.controlplane.store.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches (Kubernetes, "Efficient detection of changes"): one JSON object a line, or a message where the client asks for a WebSocket. From a resourceVersion, or beginning with what is there; a Table's
 * columns are told once.
 */
final class Watches {
    private static final Duration LOOK_UP = Duration.ofSeconds(1);
    private static final Duration BOOKMARK_EVERY = Duration.ofSeconds(30);
    private static final long DEFAULT_TIMEOUT_SECONDS = 1800;

    private final ResourceEngine engine;

    Watches(ResourceEngine engine) {
        this.engine = requireNonNull(engine, "engine is null");
    }

    Response watch(ResourceCall call) {
        ListOptions options = Reads.options(call);
        String from = call.request().query("resourceVersion").orElse("");
        boolean initial = call.flag("sendInitialEvents") || from.isEmpty() || from.equals("0");
        ResourceReader.Page page = null;
        long revision;
        if (initial) {
            ListOptions now =
                    new ListOptions(options.labels(), options.fields(), 0, null, from.isEmpty() ? null : from, false);
            page = engine.reader().list(call.served(), call.namespace(), now);
            revision = page.revision();
        } else {
            revision = ResourceReader.parseRevision(from);
        }
        ResourceReader.Page first = page;
        if (call.request().wantsWebSocket()) {
            return Response.webSocket(List.of(), session -> overWebSocket(session, call, first, revision, options));
        }
        ResourceWatch watch = engine.watch(call.served(), call.namespace(), revision, options);
        return Response.stream(200, "application/json", stream -> {
            try (watch) {
                new Session(call, stream::write, stream::isClosed, watch).run(first);
            }
        });
    }

    /** The watch begins after the upgrade, so that one that fails leaves nothing behind. */
    private void overWebSocket(
            WebSocketSession session,
            ResourceCall call,
            ResourceReader.@Nullable Page first,
            long revision,
            ListOptions options)
            throws IOException, InterruptedException {
        AtomicBoolean closed = new AtomicBoolean();
        session.onClose(() -> closed.set(true));
        // nothing is expected from the client, but its pings and its close are only seen by reading
        Thread.ofVirtual().name("watch-input").start(() -> drain(session));
        Sink sink = line -> session.writeText(new String(line, UTF_8).strip());
        try (ResourceWatch watch = engine.watch(call.served(), call.namespace(), revision, options)) {
            new Session(call, sink, closed::get, watch).run(first);
        } catch (StoreException e) {
            sink.write(event("ERROR", StatusBody.tree(Failures.toApiException(e))));
        }
    }

    private static byte[] event(String type, ObjectNode object) {
        ObjectNode event = Json.object().put("type", type);
        event.set("object", object);
        return (event + "\n").getBytes(UTF_8);
    }

    private static void drain(WebSocketSession session) {
        try {
            while (session.read() != null) {
                continue;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Where events go: a line of a stream, or a message. */
    @FunctionalInterface
    private interface Sink {
        void write(byte[] line) throws IOException;
    }

    /** One client's watch. */
    private final class Session {
        private final ResourceCall call;
        private final Sink sink;
        private final BooleanSupplier closed;
        private final ResourceWatch watch;
        private final boolean asTable;
        private final boolean bookmarks;
        private boolean columnsTold;

        Session(ResourceCall call, Sink sink, BooleanSupplier closed, ResourceWatch watch) {
            this.call = call;
            this.sink = sink;
            this.closed = closed;
            this.watch = watch;
            this.asTable = Tables.wanted(call.request());
            this.bookmarks = call.flag("allowWatchBookmarks");
        }

        void run(ResourceReader.@Nullable Page first) throws IOException, InterruptedException {
            if (first != null) {
                for (ResourceReader.Item item : first.items()) {
                    send("ADDED", item.tree(), item.stored().revision());
                }
                if (call.flag("sendInitialEvents") && bookmarks) {
                    bookmark(first.revision(), true);
                }
            }
            long end = System.nanoTime() + timeout().toNanos();
            long nextBookmark = System.nanoTime() + BOOKMARK_EVERY.toNanos();
            while (!closed.getAsBoolean() && System.nanoTime() < end && engine.serves(call.served())) {
                long progress = watch.progress();
                try {
                    Optional<ResourceWatch.Change> change = watch.poll(LOOK_UP);
                    if (change.isPresent()) {
                        send(
                                change.get().type().name(),
                                change.get().tree(),
                                change.get().stored().revision());
                    } else if (bookmarks && System.nanoTime() > nextBookmark && progress > 0) {
                        bookmark(progress, false);
                        nextBookmark = System.nanoTime() + BOOKMARK_EVERY.toNanos();
                    }
                } catch (StoreException e) {
                    ApiException refusal = Failures.toApiException(e);
                    line("ERROR", StatusBody.tree(refusal));
                    return;
                }
            }
        }

        private Duration timeout() {
            String text = call.request().query("timeoutSeconds").orElse("");
            try {
                return Duration.ofSeconds(text.isEmpty() ? DEFAULT_TIMEOUT_SECONDS : Long.parseLong(text));
            } catch (NumberFormatException e) {
                return Duration.ofSeconds(DEFAULT_TIMEOUT_SECONDS);
            }
        }

        private void send(String type, ObjectNode tree, long revision) throws IOException {
            if (!asTable) {
                line(type, call.served().view(tree, revision));
                return;
            }
            ObjectNode table = Tables.table(call.served(), !columnsTold);
            columnsTold = true;
            table.withObject("metadata").put("resourceVersion", Long.toString(revision));
            ObjectNode view = call.served().view(tree.deepCopy(), revision);
            Tables.addRow(table, call.served(), tree, view, Reads.include(call.request()), engine.now());
            line(type, table);
        }

        private void bookmark(long revision, boolean endOfInitial) throws IOException {
            ObjectNode object = Json.object();
            object.put("kind", call.served().kind().kind())
                    .put("apiVersion", call.served().version().apiVersion());
            ObjectNode metadata = Meta.of(object).put("resourceVersion", Long.toString(revision));
            if (endOfInitial) {
                metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
            }
            line("BOOKMARK", object);
        }

        private void line(String type, ObjectNode object) throws IOException {
            sink.write(event(type, object));
        }
    }
}
