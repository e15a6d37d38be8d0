package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.DIGEST;
import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.image.ImagePulls;
import dev.gantry.wire.node.v1.PodEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pod whose image is not on its node. */
final class PodImageTest extends AbstractPodTest {
    private final List<CompletableFuture<ImagePulls.Pulled>> pulls = new CopyOnWriteArrayList<>();

    @BeforeEach
    void noImages() {
        host.images.clear();
        scenario.pulls = wanted -> {
            assertThat(wanted.name()).isEqualTo("shop/web:1");
            CompletableFuture<ImagePulls.Pulled> pull = new CompletableFuture<>();
            pulls.add(pull);
            return pull;
        };
    }

    @Test
    void pullsAndTellsOfIt() throws Exception {
        run(pod(container("web")));
        scenario.until(() -> pulls.size() == 1);
        scenario.until(() -> waiting("web").equals("ContainerCreating"));
        scenario.clock.advance(Duration.ofSeconds(3));
        host.images.add(DIGEST);
        pulls.getFirst().complete(new ImagePulls.Pulled(FakeHost.image(DIGEST), 4096, Duration.ofMillis(1234)));

        scenario.until(() -> scenario.running("web"));

        assertThat(scenario.events)
                .extracting(PodEvent::getReason)
                .containsExactly("Pulling", "Pulled", "Created", "Started");
        assertThat(scenario.events.getFirst().getMessage()).isEqualTo("Pulling image \"shop/web:1\"");
        assertThat(scenario.events.get(1).getMessage())
                .isEqualTo(
                        "Successfully pulled image \"shop/web:1\" in 1.234s (3.000s including waiting). Image size: 4096 bytes.");
    }

    @Test
    void saysWhyItFailsAndBacksOff() throws Exception {
        run(pod(container("web")));
        scenario.until(() -> pulls.size() == 1);
        pulls.getFirst().completeExceptionally(new IOException("the registry is on fire"));
        scenario.until(() -> waiting("web").equals("ErrImagePull"));
        assertThat(message()).isEqualTo("the registry is on fire");

        scenario.clock.advance(Duration.ofMillis(1_001));
        scenario.until(() -> waiting("web").equals("ImagePullBackOff") || pulls.size() == 2);
        scenario.clock.advance(Duration.ofSeconds(2));
        scenario.until(() -> pulls.size() == 2);
        pulls.getLast().completeExceptionally(new IOException("it still is"));
        scenario.until(() -> waiting("web").equals("ErrImagePull"));
        scenario.clock.advance(Duration.ofMillis(1_001));
        scenario.until(() -> waiting("web").equals("ImagePullBackOff"));
        assertThat(message()).isEqualTo("Back-off pulling image \"shop/web:1\": ErrImagePull: it still is");
        assertThat(scenario.events)
                .extracting(PodEvent::getReason, PodEvent::getMessage)
                .contains(
                        org.assertj.core.groups.Tuple.tuple(
                                "Failed", "Failed to pull image \"shop/web:1\": the registry is on fire"),
                        org.assertj.core.groups.Tuple.tuple("Failed", "Error: ErrImagePull"),
                        org.assertj.core.groups.Tuple.tuple("BackOff", "Back-off pulling image \"shop/web:1\""));
        assertThat(pulls).hasSize(2);

        // a session has opened: there is a new way to get it
        scenario.agent.imagesChanged();
        scenario.until(() -> pulls.size() == 3);
    }

    @Test
    void aPodGoesWhileItsImageIsPulled() throws Exception {
        run(pod(container("web")));
        scenario.until(() -> pulls.size() == 1);
        scenario.assign(removed(pod(container("web"))));
        scenario.until(() -> scenario.status().getRemoved());
        pulls.getFirst().completeExceptionally(new IOException("too late"));
        assertEmptyHost();
    }

    @Test
    void anotherImageIsNotWaitedForLonger() throws Exception {
        run(pod(container("web")));
        scenario.until(() -> pulls.size() == 1);
        host.images.add(DIGEST.replace('a', 'b'));
        run(pod(container("web")
                .setGeneration(2)
                .setImage(dev.gantry.wire.node.v1.ImageRef.newBuilder()
                        .setName("shop/web:2")
                        .setDigest(DIGEST.replace('a', 'b')))));
        scenario.until(() -> scenario.running("web"));
        pulls.getFirst().completeExceptionally(new IOException("too late"));
        assertThat(scenario.running("web")).isTrue();
    }

    private String message() {
        return scenario.containerStatus("web").getState().getWaiting().getMessage();
    }
}
