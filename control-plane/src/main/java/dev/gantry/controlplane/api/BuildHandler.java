package dev.gantry.controlplane.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.image.ImageName;
import dev.gantry.controlplane.http.AccessRequest;
import dev.gantry.controlplane.http.Authorizer;
import dev.gantry.controlplane.http.Failures;
import dev.gantry.controlplane.http.Handler;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.ResponseStream;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.controlplane.stream.NodeStreams;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds: the context's tar is the body, the answer is one JSON object a line, the last of them the result. A client that goes away cancels its build.
 */
final class BuildHandler implements Handler {
    private final Authorizer authorizer;
    private final NodeStreams streams;

    BuildHandler(Authorizer authorizer, NodeStreams streams) {
        this.authorizer = requireNonNull(authorizer, "authorizer is null");
        this.streams = requireNonNull(streams, "streams is null");
    }

    @Override
    public Response handle(Request request) {
        AccessRequest access = new AccessRequest("create", "gantry.dev", "builds", "", null, null, request.path());
        if (!authorizer.allows(request.user(), access)) {
            throw new ApiException(
                    403,
                    "Forbidden",
                    "User \"%s\" may not build images".formatted(request.user().name()));
        }
        BuildRequest build = parse(request);
        return Response.stream(200, "application/x-ndjson", stream -> {
            Thread thread = Thread.currentThread();
            stream.onClose(thread::interrupt);
            BuildResult result;
            try {
                result = streams.build(
                        request.query("node").orElse(null), build, request.body(), event -> tell(stream, event));
            } catch (RuntimeException e) {
                ApiException refusal = Failures.toApiException(e);
                result = BuildResult.newBuilder()
                        .setError(String.valueOf(refusal.getMessage()))
                        .build();
            }
            line(stream, result(result));
        });
    }

    private static BuildRequest parse(Request request) {
        List<String> names = request.queryAll("name");
        for (String name : names) {
            try {
                ImageName.parse(name);
            } catch (IllegalArgumentException e) {
                throw ApiException.badRequest("name: \"%s\" is no image name: %s".formatted(name, e.getMessage()));
            }
        }
        return BuildRequest.newBuilder()
                .addAllNames(names)
                .setDockerfile(request.query("dockerfile").orElse(""))
                .putAllArgs(pairs(request, "buildArg"))
                .putAllLabels(pairs(request, "label"))
                .setTarget(request.query("target").orElse(""))
                .setNoCache(request.query("noCache").orElse("").equals("true"))
                .setImportRoot(request.query("import").orElse("").equals("true"))
                .build();
    }

    private static Map<String, String> pairs(Request request, String name) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String pair : request.queryAll(name)) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw ApiException.badRequest("%s: \"%s\": expected NAME=VALUE".formatted(name, pair));
            }
            pairs.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
        return pairs;
    }

    private static void tell(ResponseStream stream, FromBuilder event) {
        ObjectNode line = Json.object();
        switch (event.getMessageCase()) {
            case STEP_STARTED ->
                line.putObject("started")
                        .put("step", event.getStepStarted().getStep())
                        .put("steps", event.getStepStarted().getSteps())
                        .put("stage", event.getStepStarted().getStage())
                        .put("instruction", event.getStepStarted().getInstruction());
            case STEP_OUTPUT ->
                line.putObject("output")
                        .put("step", event.getStepOutput().getStep())
                        .put("text", event.getStepOutput().getOutput().toString(UTF_8))
                        .put("stderr", event.getStepOutput().getStderr());
            case STEP_FINISHED ->
                line.putObject("finished")
                        .put("step", event.getStepFinished().getStep())
                        .put("cached", event.getStepFinished().getCached())
                        .put("millis", event.getStepFinished().getMillis());
            case WARNING ->
                line.putObject("warning")
                        .put("line", event.getWarning().getLine())
                        .put("message", event.getWarning().getMessage());
            default -> {
                return; // a ticket or the result: not for the user's stream
            }
        }
        try {
            line(stream, line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectNode result(BuildResult result) {
        ObjectNode line = Json.object();
        line.putObject("result")
                .put("digest", result.getDigest())
                .put("bytes", result.getBytes())
                .put("error", result.getError())
                .put("errorLine", result.getErrorLine())
                .put("exitCode", result.getExitCode());
        return line;
    }

    private static void line(ResponseStream stream, ObjectNode line) throws IOException {
        stream.write((line + "\n").getBytes(UTF_8));
    }
}
