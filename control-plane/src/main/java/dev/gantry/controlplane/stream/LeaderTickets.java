package dev.gantry.controlplane.stream;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.gantry.controlplane.http.BuiltInRoles;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.TicketRefused;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * Tickets between control planes. A replica that does not lead hands a ticket to the leader, whose request stays open for as long as the ticket is good:
 * so a refusal by the agent comes back the same way. Safe for use by many threads.
 */
public final class LeaderTickets {
    private static final String PATH = "/gantry/tickets";
    private static final int LONGEST_BODY = 1 << 20;
    private static final int LONGEST_SECONDS = 60;
    private static final String PROTOBUF = "application/x-protobuf";
    private static final int NO_CONTENT = 204;
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(3);

    private final ConcurrentMap<ByteString, CompletableFuture<TicketRefused>> forwarded = new ConcurrentHashMap<>();
    private final Supplier<List<String>> leader;
    private final HttpClient client;

    /**
     * @param leader host:port of who leads, as last seen
     * @param tls shows a certificate of a control plane
     */
    public LeaderTickets(Supplier<List<String>> leader, SSLContext tls) {
        this.leader = requireNonNull(leader, "leader is null");
        this.client = HttpClient.newBuilder()
                .sslContext(tls)
                .connectTimeout(CONNECT_PATIENCE)
                .build();
    }

    /** What the leader needs of dispatch. */
    public interface Sessions {
        /** @throws ApiException 503 when this replica does not lead, or the node has no session */
        void sendHere(String nodeName, Ticket ticket);
    }

    /** Serves the other control planes. */
    public void addTo(Routes routes, Sessions sessions) {
        routes.post(PATH, request -> handle(request, sessions));
    }

    /** An agent has refused a ticket that another control plane had sent through this one; nothing for any other. */
    public void refused(TicketRefused refused) {
        CompletableFuture<TicketRefused> waiting = forwarded.get(refused.getSecret());
        if (waiting != null) {
            waiting.complete(refused);
        }
    }

    /**
     * Hands a ticket to the leader; returns at once.
     *
     * @param refusals told when it can't be brought to the node, or the agent refuses it
     * @throws ApiException 503 when nobody leads
     */
    public void forward(String nodeName, Ticket ticket, BiConsumer<String, TicketRefused> refusals) {
        String address = leader.get().stream()
                .findFirst()
                .orElseThrow(() -> new ApiException(
                        503, "ServiceUnavailable", "no control plane leads at the moment; try again in a few seconds"));
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://%s%s?node=%s"
                        .formatted(address, PATH, URLEncoder.encode(nodeName, StandardCharsets.UTF_8))))
                .header("content-type", PROTOBUF)
                .timeout(Duration.ofSeconds(ticket.getValidSeconds() + CONNECT_PATIENCE.toSeconds()))
                .POST(BodyPublishers.ofByteArray(ticket.toByteArray()))
                .build();
        client.sendAsync(request, BodyHandlers.ofByteArray()).whenComplete((response, failure) -> {
            TicketRefused refusal = refusal(ticket, address, response, failure);
            if (refusal != null) {
                refusals.accept(nodeName, refusal);
            }
        });
    }

    private static @org.jspecify.annotations.Nullable TicketRefused refusal(
            Ticket ticket,
            String address,
            @org.jspecify.annotations.Nullable HttpResponse<byte[]> response,
            @org.jspecify.annotations.Nullable Throwable failure) {
        String problem = "the leader at %s could not be asked: %s"
                .formatted(address, failure == null ? "an answer of another version" : failure.getMessage());
        if (response != null && response.statusCode() == NO_CONTENT) {
            return null;
        }
        try {
            if (response != null && response.statusCode() / 100 == 2) {
                return TicketRefused.parseFrom(response.body());
            }
            if (response != null) {
                problem = "the leader at %s answered %d".formatted(address, response.statusCode());
            }
        } catch (InvalidProtocolBufferException e) {
            // said below
        }
        return TicketRefused.newBuilder()
                .setSecret(ticket.getSecret())
                .setStatus(503)
                .setMessage(problem)
                .build();
    }

    private Response handle(Request request, Sessions sessions) throws IOException, InterruptedException {
        if (!request.user().isIn(BuiltInRoles.CONTROL_PLANES)) {
            throw new ApiException(403, "Forbidden", "tickets are between control planes");
        }
        Ticket ticket = Ticket.parseFrom(request.readBody(LONGEST_BODY));
        String node = request.query("node").orElse("");
        CompletableFuture<TicketRefused> outcome = new CompletableFuture<>();
        forwarded.put(ticket.getSecret(), outcome);
        try {
            sessions.sendHere(node, ticket);
            long seconds = Math.clamp(ticket.getValidSeconds(), 1, LONGEST_SECONDS);
            return answer(outcome.get(seconds, TimeUnit.SECONDS));
        } catch (TimeoutException e) {
            return Response.of(NO_CONTENT, PROTOBUF, new byte[0]);
        } catch (ApiException e) {
            return answer(TicketRefused.newBuilder()
                    .setSecret(ticket.getSecret())
                    .setStatus(e.code())
                    .setMessage(String.valueOf(e.getMessage()))
                    .build());
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            forwarded.remove(ticket.getSecret());
        }
    }

    private static Response answer(TicketRefused refused) {
        return Response.of(200, PROTOBUF, refused.toByteArray());
    }
}
