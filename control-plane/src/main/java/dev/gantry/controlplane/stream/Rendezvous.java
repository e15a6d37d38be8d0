package dev.gantry.controlplane.stream;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.wire.node.v1.Ticket;
import dev.gantry.wire.node.v1.TicketRefused;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Where a user's request waits for an agent to dial in. A ticket is good for one dial, by the node it was sent to, until the waiting ends.
 *
 * @param <C> the call that the agent dials with
 */
final class Rendezvous<C> {
    private static final int SECRET_BYTES = 32;

    private final ConcurrentMap<ByteString, Waiting<C>> waiting = new ConcurrentHashMap<>();
    private final TicketSender sender;
    private final String replicaAddress;
    private final Duration patience;
    private final SecureRandom random = new SecureRandom();

    /** @param patience how long an agent may take to dial in */
    Rendezvous(TicketSender sender, String replicaAddress, Duration patience) {
        this.sender = requireNonNull(sender, "sender is null");
        this.replicaAddress = requireNonNull(replicaAddress, "replicaAddress is null");
        this.patience = requireNonNull(patience, "patience is null");
    }

    /**
     * Sends a ticket and waits for the dial.
     *
     * @param ticket with its purpose set
     * @throws ApiException when the node is away, refuses, or doesn't dial in time
     */
    C await(String nodeName, Ticket.Builder ticket) {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        ByteString secret = ByteString.copyFrom(bytes);
        Waiting<C> entry = new Waiting<>(nodeName, new CompletableFuture<>());
        waiting.put(secret, entry);
        try {
            sender.send(
                    nodeName,
                    ticket.setSecret(secret)
                            .setReplicaAddress(replicaAddress)
                            .setValidSeconds(Math.toIntExact(Math.max(1, patience.toSeconds())))
                            .build());
            return entry.dialled().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new ApiException(
                    504,
                    "Timeout",
                    "node %s did not open the stream within %d s: it may be overloaded, or unable to reach %s"
                            .formatted(nodeName, patience.toSeconds(), replicaAddress));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(503, "ServiceUnavailable", "the request was cancelled");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ApiException refusal
                    ? refusal
                    : new ApiException(500, "InternalError", String.valueOf(e.getCause()));
        } finally {
            waiting.remove(secret);
        }
    }

    /** Hands a dialled call to whoever waits for it. @return false when nobody does, the ticket is spent, or it was another node's */
    boolean arrive(ByteString secret, String nodeName, C call) {
        Waiting<C> entry = waiting.get(secret);
        if (entry == null || !entry.nodeName().equals(nodeName) || !waiting.remove(secret, entry)) {
            return false;
        }
        return entry.dialled().complete(call);
    }

    void refuse(String nodeName, TicketRefused refused) {
        Waiting<C> entry = waiting.get(refused.getSecret());
        if (entry != null && entry.nodeName().equals(nodeName)) {
            int code = refused.getStatus() >= 400 && refused.getStatus() < 600 ? refused.getStatus() : 503;
            entry.dialled().completeExceptionally(new ApiException(code, reason(code), refused.getMessage()));
        }
    }

    private static String reason(int code) {
        return switch (code) {
            case 400 -> "BadRequest";
            case 404 -> "NotFound";
            case 409 -> "Conflict";
            default -> "ServiceUnavailable";
        };
    }

    private record Waiting<C>(String nodeName, CompletableFuture<C> dialled) {}
}
