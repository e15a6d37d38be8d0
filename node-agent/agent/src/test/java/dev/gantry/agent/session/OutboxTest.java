package dev.gantry.agent.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.wire.node.v1.FromAgent;
import dev.gantry.wire.node.v1.PodIdentity;
import dev.gantry.wire.node.v1.PodStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class OutboxTest {
    private static final Duration LONG = Duration.ofMinutes(10);

    private final Outbox outbox = new Outbox();

    @Test
    void givesTheLatestOfEachPod() throws InterruptedException {
        long connection = outbox.reset();
        outbox.status(status("a", 2));
        outbox.status(status("a", 1));
        outbox.status(status("b", 1));
        List<FromAgent> messages = outbox.await(connection, LONG);
        assertThat(messages).hasSize(1);
        assertThat(messages.getFirst().getStatuses().getPodsList()).containsExactly(status("a", 2), status("b", 1));
    }

    /** One that was given up for its silence may still wait to say something, to nobody. */
    @Test
    void whatThereIsGoesToTheLatestConnection() throws InterruptedException {
        long silent = outbox.reset();
        CompletableFuture<List<FromAgent>> told = new CompletableFuture<>();
        Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                told.complete(outbox.await(silent, LONG));
            } catch (InterruptedException e) {
                told.completeExceptionally(e);
            }
        });
        await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
        long latest = outbox.reset();
        outbox.status(status("a", 1));
        assertThat(told.join()).isEmpty();
        assertThat(outbox.await(latest, LONG)).hasSize(1);
        assertThat(outbox.await(silent, LONG)).isEmpty();
    }

    private static PodStatus status(String uid, long sequence) {
        return PodStatus.newBuilder()
                .setPod(PodIdentity.newBuilder().setUid(uid))
                .setSequence(sequence)
                .build();
    }
}
