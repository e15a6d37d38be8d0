package dev.gantry.cli.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.stream.ExecCommand;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A running load generator: the same program on the host and in a pod. It runs until its standard input is closed, and then says what it saw. */
final class Load {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int RATE = 60;

    private final String source;
    private final OutputStream stdin;
    private final CompletableFuture<String> output;

    private Load(String source, OutputStream stdin, CompletableFuture<String> output) {
        this.source = source;
        this.stdin = stdin;
        this.output = output;
    }

    static Load fromHost(Path script, Target target) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of("perl", script.toString()));
        command.addAll(target.arguments());
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        CompletableFuture<String> output = inBackground("load-host", () -> {
            try (InputStream stdout = process.getInputStream()) {
                return new String(stdout.readAllBytes(), StandardCharsets.UTF_8);
            }
        });
        return new Load("host", process.getOutputStream(), output);
    }

    static Load fromPod(ApiClient client, String namespace, String pod, Target target) throws IOException {
        PipedInputStream input = new PipedInputStream();
        PipedOutputStream stdin = new PipedOutputStream(input);
        ByteArrayOutputStream collected = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Console console = new Console(print(collected), print(errors), input, false);
        List<String> command = new java.util.ArrayList<>(List.of("perl", "/load.pl"));
        command.addAll(target.arguments());
        CompletableFuture<String> output = inBackground("load-pod", () -> {
            int code = ExecCommand.run(client, console, namespace, pod, command);
            if (code != 0) {
                throw new Failure("the load generator in pod \"%s\" ended with code %d: %s"
                        .formatted(pod, code, errors.toString(StandardCharsets.UTF_8)));
            }
            return collected.toString(StandardCharsets.UTF_8);
        });
        return new Load("pod", stdin, output);
    }

    /** Ends it and waits for what it saw; answers that are under way are waited for. */
    LoadReport stop() throws InterruptedException {
        try {
            stdin.close();
            String text = output.get(60, TimeUnit.SECONDS);
            return new LoadReport(source, MAPPER.readTree(text));
        } catch (IOException | TimeoutException e) {
            throw new Failure("the load generator on the %s gave no report: %s".formatted(source, e), e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Failure failure
                    ? failure
                    : new Failure("the load generator on the %s failed: %s".formatted(source, e.getCause()), e);
        }
    }

    private static PrintStream print(OutputStream to) {
        return new PrintStream(to, true, StandardCharsets.UTF_8);
    }

    private static CompletableFuture<String> inBackground(String name, java.util.concurrent.Callable<String> work) {
        CompletableFuture<String> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                result.complete(work.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    /** @param slowPath an answer that takes three seconds */
    record Target(String address, int port, String name, String slowPath) {
        List<String> arguments() {
            return List.of(address, Integer.toString(port), name, Integer.toString(RATE), slowPath);
        }
    }

    /** For the shape of a report in tests. */
    static JsonNode parse(String text) throws IOException {
        return MAPPER.readTree(text);
    }
}
