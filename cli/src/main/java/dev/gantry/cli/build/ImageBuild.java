package dev.gantry.cli.build;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Watch;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
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
        try (PipedInputStream pipe = new PipedInputStream(PIPE_BYTES);
                PipedOutputStream sink = new PipedOutputStream(pipe)) {
            InputStream body = new WholeOrBroken(pipe, broken);
            Thread writer = Thread.ofPlatform().daemon().name("build-context").start(() -> {
                try (sink) {
                    writeOrTell(context, sink, broken);
                } catch (IOException e) {
                    // the reader has gone: the answer says why
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
            } catch (Failure e) {
                // the request broke because the context did: that is the reason to tell
                throw broken.get() instanceof Failure reason ? reason : e;
            } finally {
                writer.interrupt();
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

    /** The failure is told before the pipe is closed: its reader sees an end only where there is none. */
    private static void writeOrTell(Context context, OutputStream sink, AtomicReference<@Nullable Throwable> broken) {
        try {
            context.write(new Unclosed(sink));
        } catch (IOException | RuntimeException e) {
            broken.set(e);
        }
    }

    /** A tar writer closes what it writes to, also after a failure: the pipe's end is not its to decide. */
    private static final class Unclosed extends FilterOutputStream {
        Unclosed(OutputStream sink) {
            super(sink);
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            out.write(buffer, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    /**
     * The context's bytes, whose end comes only after all of it was written: when the writer has failed the request breaks off instead, so that nothing
     * is built of half a context.
     */
    private static final class WholeOrBroken extends FilterInputStream {
        private final AtomicReference<@Nullable Throwable> broken;

        WholeOrBroken(InputStream pipe, AtomicReference<@Nullable Throwable> broken) {
            super(pipe);
            this.broken = broken;
        }

        @Override
        public int read() throws IOException {
            return checked(super.read());
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            return checked(super.read(buffer, offset, length));
        }

        private int checked(int count) throws IOException {
            if (count < 0 && broken.get() != null) {
                throw new IOException("the context could not be read whole", broken.get());
            }
            return count;
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
        public static Query named(String... names) {
            return new Query(List.of(names), "Dockerfile", Map.of(), Map.of(), null, false, null, false);
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
