package dev.gantry.cli.build;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Watch;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One build on the cluster: the context goes up while its events come down. */
public final class ImageBuild {
    private static final int PIPE_BYTES = 256 * 1024;

    private final ApiClient client;

    public ImageBuild(ApiClient client) {
        this.client = client;
    }

    /**
     * Blocks until the build has ended.
     *
     * @param events every event but the last
     * @return the result of a build that succeeded
     * @throws Failure for one that didn't, with the builder's sentence
     */
    public JsonNode run(Query query, Context context, Consumer<JsonNode> events) throws IOException {
        AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
        try (PipedInputStream body = new PipedInputStream(PIPE_BYTES);
                PipedOutputStream sink = new PipedOutputStream(body)) {
            Thread writer = Thread.ofPlatform().daemon().name("build-context").start(() -> {
                try (sink) {
                    context.write(sink);
                } catch (IOException | RuntimeException e) {
                    broken.set(e);
                }
            });
            JsonNode last = null;
            try (Watch answer = new Watch(client.upload(
                    "/apis/gantry.dev/v1/builds" + query,
                    "application/x-tar",
                    BodyPublishers.ofInputStream(() -> body)))) {
                for (JsonNode event = answer.next(); event != null; event = answer.next()) {
                    if (event.has("result")) {
                        last = event.path("result");
                    } else {
                        events.accept(event);
                    }
                }
            } finally {
                writer.interrupt();
            }
            if (broken.get() instanceof Failure failure) {
                throw failure;
            }
            if (last == null) {
                throw new Failure(
                        "the build broke off: the control plane or the builder went away. Build again; what was cached is kept");
            }
            if (!last.path("error").asText().isEmpty()) {
                int line = last.path("errorLine").asInt();
                throw new Failure("%s%s"
                        .formatted(
                                line > 0 ? query.dockerfile + ":" + line + ": " : "",
                                last.path("error").asText()));
            }
            return last;
        }
    }

    /** Writes a context's tar. */
    public interface Context {
        void write(OutputStream out) throws IOException;
    }

    /** @param dockerfile relative to the context */
    public record Query(
            List<String> names,
            String dockerfile,
            Map<String, String> buildArgs,
            Map<String, String> labels,
            @Nullable String target,
            boolean noCache,
            @Nullable String node,
            boolean importRoot) {
        public static Query named(String name) {
            return new Query(List.of(name), "Dockerfile", Map.of(), Map.of(), null, false, null, false);
        }

        Query of(String file) {
            return new Query(names, file, buildArgs, labels, target, noCache, node, importRoot);
        }

        public Query imported() {
            return new Query(names, "", buildArgs, labels, target, noCache, node, true);
        }

        @Override
        public String toString() {
            List<String> parts = new ArrayList<>();
            names.forEach(n -> parts.add("name=" + ApiClient.encode(n)));
            buildArgs.forEach((k, v) -> parts.add("buildArg=" + ApiClient.encode(k + "=" + v)));
            labels.forEach((k, v) -> parts.add("label=" + ApiClient.encode(k + "=" + v)));
            if (!dockerfile.isEmpty()) {
                parts.add("dockerfile=" + ApiClient.encode(dockerfile));
            }
            if (target != null) {
                parts.add("target=" + ApiClient.encode(target));
            }
            if (node != null) {
                parts.add("node=" + ApiClient.encode(node));
            }
            if (noCache) {
                parts.add("noCache=true");
            }
            if (importRoot) {
                parts.add("import=true");
            }
            return parts.isEmpty() ? "" : "?" + String.join("&", parts);
        }
    }
}
