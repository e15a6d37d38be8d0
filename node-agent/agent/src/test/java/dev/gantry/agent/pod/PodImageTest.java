package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.DIGEST;
import static dev.gantry.agent.pod.PodScenario.container;
import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.image.ImagePulls;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.ImageRef;
import dev.gantry.wire.node.v1.PodEvent;
import dev.gantry.wire.node.v1.RegistryLogin;
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

    @Test
    void aNameOfAnotherRegistryIsPulledByPolicy() throws Exception {
        String name = "registry.example:5000/web:1";
        List<ImagePulls.Wanted> asked = new CopyOnWriteArrayList<>();
        scenario.pulls = wanted -> {
            asked.add(wanted);
            host.images.add(DIGEST);
            host.imageNames.put(name, DIGEST);
            return CompletableFuture.completedFuture(
                    new ImagePulls.Pulled(FakeHost.image(DIGEST), 1, Duration.ofMillis(1)));
        };
        run(pod(external("always", name, ImageRef.PullPolicy.ALWAYS))
                .addRegistryLogins(RegistryLogin.newBuilder()
                        .setRegistry("registry.example:5000")
                        .setUser("alice")
                        .setPassword("hunter2")));
        scenario.until(() -> scenario.running("always"));
        assertThat(asked).singleElement().satisfies(wanted -> {
            assertThat(wanted.external()).isTrue();
            assertThat(wanted.digest()).isEmpty();
            assertThat(wanted.logins().getFirst().login().password()).isEqualTo("hunter2");
        });
        scenario.until(
                () -> scenario.containerStatus("always").getImage().getDigest().equals(DIGEST));
        assertThat(tracesOnDisk().stream()
                        .filter(path -> path.startsWith(scenario.state()))
                        .map(AbstractPodTest::read))
                .as("the password is in memory only")
                .noneMatch(text -> text.contains("hunter2"));
        host.container("always").orElseThrow().exits(0);
        scenario.until(() -> asked.size() == 2);
    }

    @Test
    void whatIsPresentIsNotPulledUnlessAlways() throws Exception {
        String name = "registry.example:5000/web:1";
        host.images.add(DIGEST);
        host.imageNames.put(name, DIGEST);
        run(pod(
                external("present", name, ImageRef.PullPolicy.IF_NOT_PRESENT),
                external("never", name, ImageRef.PullPolicy.NEVER),
                external("missing", "registry.example:5000/other:1", ImageRef.PullPolicy.NEVER)));
        scenario.until(() -> scenario.running("present") && scenario.running("never"));
        scenario.until(() -> waiting("missing").equals("ErrImageNeverPull"));
        assertThat(pulls).isEmpty();
        assertThat(scenario.events)
                .extracting(PodEvent::getMessage)
                .contains(
                        "Container image \"%s\" already present on machine".formatted(name),
                        "Container image \"registry.example:5000/other:1\" is not present with pull policy of Never");
    }

    private static ContainerSpec.Builder external(String container, String name, ImageRef.PullPolicy policy) {
        return container(container)
                .setImage(ImageRef.newBuilder().setName(name).setExternal(true).setPullPolicy(policy));
    }

    private String message() {
        return scenario.containerStatus("web").getState().getWaiting().getMessage();
    }
}
