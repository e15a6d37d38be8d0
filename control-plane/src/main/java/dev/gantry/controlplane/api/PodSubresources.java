package dev.gantry.controlplane.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.api.spdy.SpdyConnection;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.WebSocketSession;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.Meta;
import dev.gantry.controlplane.resource.PodBinding;
import dev.gantry.controlplane.resource.ResourceDeleter;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.ResourceWriter;
import dev.gantry.controlplane.stream.NodeStreams;
import dev.gantry.wire.node.v1.AttachRequest;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.PortForwardRequest;
import dev.gantry.wire.node.v1.StreamFrame;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Log, exec, attach, port forward, binding and eviction of pods. */
final class PodSubresources {
    private static final String DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";

    /** A whole SPDY connection within a WebSocket. */
    private static final String SPDY_TUNNEL = "SPDY/3.1+portforward.k8s.io";

    private static final String PORT_CHANNELS = "v4.channel.k8s.io";

    /** As many as have two channels each in one byte. */
    private static final int MAXIMUM_PORTS = 127;

    static final Set<String> STREAMS = Set.of("exec", "attach", "portforward");

    private final ResourceEngine engine;
    private final NodeStreams streams;

    PodSubresources(ResourceEngine engine, NodeStreams streams) {
        this.engine = requireNonNull(engine, "engine is null");
        this.streams = requireNonNull(streams, "streams is null");
    }

    Response handle(ResourceCall call) throws Exception {
        return switch (call.path().subresource()) {
            case "log" -> log(call);
            case "exec" -> exec(call);
            case "attach" -> attach(call);
            case "portforward" -> portForward(call);
            case "binding" -> bind(call);
            case "eviction" -> evict(call);
            default -> throw ResourceHandler.notAllowed(call);
        };
    }

    private Response log(ResourceCall call) {
        Request request = call.request();
        RunningPod pod = pod(call);
        LogRequest log = LogRequest.newBuilder()
                .setPodUid(pod.uid)
                .setContainer(pod.container(request))
                .setFollow(call.flag("follow"))
                .setPrevious(call.flag("previous"))
                .setTimestamps(call.flag("timestamps"))
                .setTailLines(number(request, "tailLines", -1))
                .setLimitBytes(number(request, "limitBytes", 0))
                .setSinceMillis(since(request))
                .build();
        NodeStreams.NodeStream stream = streams.log(pod.node, log);
        return Response.stream(200, "text/plain", body -> {
            body.onClose(stream::close);
            try (stream) {
                for (StreamFrame frame = stream.read(); frame != null; frame = stream.read()) {
                    if (frame.hasStdout()) {
                        body.write(frame.getStdout().toByteArray());
                    } else if (frame.hasEnd() && !frame.getEnd().getError().isEmpty()) {
                        body.write(
                                (frame.getEnd().getError() + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
                    }
                }
            }
        });
    }

    private long since(Request request) {
        long seconds = number(request, "sinceSeconds", -1);
        if (seconds >= 0) {
            return engine.now().minusSeconds(seconds).toEpochMilli();
        }
        return request.query("sinceTime")
                .map(text -> {
                    try {
                        return Instant.parse(text).toEpochMilli();
                    } catch (java.time.format.DateTimeParseException e) {
                        throw ApiException.badRequest("sinceTime: \"%s\" is not a time as in RFC 3339".formatted(text));
                    }
                })
                .orElse(0L);
    }

    private static long number(Request request, String name, long otherwise) {
        String text = request.query(name).orElse("");
        try {
            return text.isEmpty() ? otherwise : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw ApiException.badRequest("%s: \"%s\" is not a number".formatted(name, text));
        }
    }

    private Response exec(ResourceCall call) {
        Request request = call.request();
        RunningPod pod = pod(call);
        List<String> command = request.queryAll("command");
        if (command.isEmpty()) {
            throw ApiException.badRequest("command: at least one is needed");
        }
        ExecRequest exec = ExecRequest.newBuilder()
                .setPodUid(pod.uid)
                .setContainer(pod.container(request))
                .addAllCommand(command)
                .setStdin(call.flag("stdin"))
                .setStdout(call.flag("stdout"))
                .setStderr(call.flag("stderr") && !call.flag("tty"))
                .setTty(call.flag("tty"))
                .build();
        requireUpgrade(request);
        return ChannelProtocol.upgrade(() -> streams.exec(pod.node, exec), exec.getStdin());
    }

    private Response attach(ResourceCall call) {
        Request request = call.request();
        RunningPod pod = pod(call);
        AttachRequest attach = AttachRequest.newBuilder()
                .setPodUid(pod.uid)
                .setContainer(pod.container(request))
                .setStdin(call.flag("stdin"))
                .setStdout(call.flag("stdout"))
                .setStderr(call.flag("stderr"))
                .setTty(call.flag("tty"))
                .build();
        requireUpgrade(request);
        return ChannelProtocol.upgrade(() -> streams.attach(pod.node, attach), attach.getStdin());
    }

    private Response portForward(ResourceCall call) {
        RunningPod pod = pod(call);
        requireUpgrade(call.request());
        IntFunction<NodeStreams.NodeStream> open = port -> streams.portForward(
                pod.node,
                PortForwardRequest.newBuilder().setPodUid(pod.uid).setPort(port).build());
        List<Integer> ports = ports(call.request());
        return Response.webSocket(List.of(SPDY_TUNNEL, PORT_CHANNELS), session -> {
            if (session.subprotocol().equals(SPDY_TUNNEL)) {
                new SpdyConnection(new WebSocketTransport(session), new PortForward(open)).run();
            } else if (ports.isEmpty()) {
                throw ApiException.badRequest("ports: at least one is needed");
            } else {
                new PortChannels(session, ports, open).run();
            }
        });
    }

    /** Of clients with a channel for each port; the others say it later. */
    private static List<Integer> ports(Request request) {
        List<Integer> ports = new ArrayList<>();
        for (String list : request.queryAll("ports")) {
            for (String port : list.split(",", -1)) {
                if (!port.matches("\\d{1,5}") || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65_535) {
                    throw ApiException.badRequest("ports: \"%s\" is no port".formatted(port));
                }
                ports.add(Integer.parseInt(port));
            }
        }
        if (ports.size() > MAXIMUM_PORTS) {
            throw ApiException.badRequest("ports: at most %d".formatted(MAXIMUM_PORTS));
        }
        return ports;
    }

    /** Each message is a piece of the connection, wherever it was cut. */
    private record WebSocketTransport(WebSocketSession session) implements SpdyConnection.Transport {
        @Override
        public byte @Nullable [] read() throws InterruptedException {
            WebSocketSession.Message message = session.read();
            return message == null ? null : message.bytes();
        }

        @Override
        public void write(byte[] bytes) throws IOException {
            session.writeBinary(bytes);
        }
    }

    private static void requireUpgrade(Request request) {
        if (!request.wantsWebSocket()) {
            throw ApiException.badRequest("Upgrade request required: this stream is served over WebSocket");
        }
    }

    private Response bind(ResourceCall call) throws Exception {
        ObjectNode binding = Bodies.object(call.request(), false);
        String node = binding.at("/target/name").asText();
        if (!call.request().method().equals("POST") || node.isEmpty()) {
            throw ApiException.badRequest("a binding is POSTed and names its target.name");
        }
        String uid = binding.at("/metadata/uid").asText();
        engine.writer()
                .update(
                        call.served(),
                        call.namespace(),
                        call.name(),
                        ResourceWriter.Part.BINDING,
                        pod -> bound(pod, uid, node),
                        call.writeOptions());
        return Answers.json(201, Answers.success(call.served(), call.name(), ""), call.warnings());
    }

    private ObjectNode bound(ObjectNode pod, String uid, String node) {
        String name = pod.at("/metadata/name").asText();
        String actual = pod.at("/metadata/uid").asText();
        if (!uid.isEmpty() && !uid.equals(actual)) {
            throw new ApiException(
                    409, "Conflict", "pod %s is another one: its uid is %s, not %s".formatted(name, actual, uid));
        }
        return PodBinding.bound(pod, node, engine.now())
                .orElseThrow(() -> new ApiException(
                        409, "Conflict", "pod %s has a node already, or is being deleted".formatted(name)));
    }

    private Response evict(ResourceCall call) throws Exception {
        ObjectNode eviction = Bodies.optionalObject(call.request());
        JsonNode grace = eviction.at("/deleteOptions/gracePeriodSeconds");
        engine.deleter()
                .delete(
                        call.served(),
                        call.namespace(),
                        call.name(),
                        new ResourceDeleter.Request(
                                text(eviction.at("/deleteOptions/preconditions/uid")),
                                text(eviction.at("/deleteOptions/preconditions/resourceVersion")),
                                grace.isNumber() ? Long.valueOf(grace.asLong()) : null,
                                null),
                        call.writeOptions());
        return Answers.json(201, Answers.success(call.served(), call.name(), ""), call.warnings());
    }

    private static @Nullable String text(JsonNode field) {
        return field.isTextual() ? field.asText() : null;
    }

    private RunningPod pod(ResourceCall call) {
        ObjectNode pod = call.served().view(engine.reader().get(call.served(), call.namespace(), call.name(), null));
        String node = pod.at("/spec/nodeName").asText();
        if (node.isEmpty()) {
            throw ApiException.badRequest("pod %s does not have a host assigned".formatted(call.name()));
        }
        return new RunningPod(call.name(), Meta.uid(pod), node, pod);
    }

    private record RunningPod(String name, String uid, String node, ObjectNode object) {
        /** The one asked for; may be left out when there is only one. */
        String container(Request request) {
            List<String> names = new ArrayList<>();
            for (String list : List.of("containers", "initContainers")) {
                object.path("spec")
                        .path(list)
                        .forEach(c -> names.add(c.path("name").asText()));
            }
            String asked = request.query("container")
                    .filter(query -> !query.isEmpty())
                    .orElse(object.path("metadata")
                            .path("annotations")
                            .path(DEFAULT_CONTAINER)
                            .asText(""));
            if (asked.isEmpty() && object.at("/spec/containers").size() == 1) {
                return names.getFirst();
            }
            if (asked.isEmpty()) {
                throw ApiException.badRequest(
                        "a container name must be specified for pod %s, choose one of: %s".formatted(name, names));
            }
            if (!names.contains(asked)) {
                throw ApiException.badRequest(
                        "container %s is not valid for pod %s; it has: %s".formatted(asked, name, names));
            }
            return asked;
        }
    }
}
