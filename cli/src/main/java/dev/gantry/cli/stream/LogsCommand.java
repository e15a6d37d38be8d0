package dev.gantry.cli.stream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Console;
import dev.gantry.cli.api.ApiClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "logs", description = "Show what a container has written, also the one before a restart.")
public final class LogsCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ContainerOptions container = new ContainerOptions();

    @Parameters(
            paramLabel = "POD",
            arity = "1..2",
            description = "A pod, or deployment/NAME for one of its pods; then a container.")
    private List<String> typed = new ArrayList<>();

    @Option(
            names = {"-f", "--follow"},
            description = "Go on as it writes.")
    private boolean follow;

    @Option(
            names = {"-p", "--previous"},
            description = "Of the run before the current one.")
    private boolean previous;

    @Option(names = "--tail", paramLabel = "LINES", description = "Only the last lines.")
    private @Nullable Long tail;

    @Option(names = "--since", paramLabel = "DURATION", description = "Only what is newer, such as 30s, 5m or 2h.")
    private @Nullable Duration since;

    @Option(names = "--timestamps", description = "Each line with its time.")
    private boolean timestamps;

    @Option(names = "--all-containers", description = "Of every container of the pod, each line with its name.")
    private boolean allContainers;

    public LogsCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        try (ApiClient client = container.connect()) {
            PodTarget target = container.pod(client, typed.getFirst());
            String chosen = typed.size() > 1 ? typed.get(1) : container.container();
            if (!allContainers) {
                copy(client, target, target.container(chosen), "");
                return 0;
            }
            try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> copies = new ArrayList<>();
                for (JsonNode each : target.pod().at("/spec/containers")) {
                    String name = each.path("name").asText();
                    copies.add(executor.submit(() -> copy(client, target, name, "[" + name + "] ")));
                }
                for (Future<?> copy : copies) {
                    copy.get();
                }
            } catch (java.util.concurrent.ExecutionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
            }
        }
        return 0;
    }

    private void copy(ApiClient client, PodTarget target, String name, String prefix) {
        StringBuilder query = new StringBuilder("?container=" + ApiClient.encode(name));
        query.append(follow ? "&follow=true" : "").append(previous ? "&previous=true" : "");
        query.append(timestamps ? "&timestamps=true" : "").append(tail == null ? "" : "&tailLines=" + tail);
        if (since != null) {
            query.append("&sinceSeconds=").append(Math.max(1, since.toSeconds()));
        }
        try (InputStream stream = client.stream(target.path("log") + query)) {
            if (prefix.isEmpty()) {
                byte[] buffer = new byte[16 * 1024];
                for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
                    console.out().write(buffer, 0, n);
                    console.out().flush();
                }
            } else {
                BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    console.line("%s%s", prefix, line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
