package dev.gantry.controlplane.resource;

import static dev.gantry.controlplane.resource.Resources.DEPLOYMENTS;
import static dev.gantry.controlplane.resource.Resources.IMAGES;
import static dev.gantry.controlplane.resource.Resources.NAMESPACES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ClusterObjects.Binding;
import dev.gantry.controlplane.resource.ClusterObjects.ChangeListener;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.controlplane.resource.kind.BuiltInKinds;
import dev.gantry.controlplane.resource.model.Image;
import dev.gantry.controlplane.resource.model.ImageSpec;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.InMemoryObjectStore;
import dev.gantry.controlplane.store.StoreException;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TypedObjectsTest {
    private final InMemoryObjectStore store = new InMemoryObjectStore();
    private final ResourceEngine engine = new ResourceEngine(
            BuiltInKinds.table(BuiltInKinds.Settings.DEFAULTS, new Random(1)), store, Clock.systemUTC(), new Random(2));
    private final ClusterObjects objects = new TypedObjects(engine);
    private final Fence fence = store.fence();

    TypedObjectsTest() {
        DefaultNamespaces.ensure(engine, fence);
        DefaultNamespaces.ensure(engine, fence);
    }

    @AfterEach
    void stop() {
        store.close();
    }

    private Pod create(String name) {
        return objects.create(
                PODS,
                new PodBuilder()
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName(name)
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("c")
                        .withImage("web:1")
                        .endContainer()
                        .endSpec()
                        .build(),
                fence);
    }

    private Pod running(Pod pod) {
        return new PodBuilder(pod)
                .withStatus(new PodStatusBuilder().withPhase("Running").build())
                .build();
    }

    @Test
    void givesOutDefaultedObjectsAndComparesVersions() {
        Pod pod = create("p");
        assertThat(pod.getSpec().getRestartPolicy()).isEqualTo("Always");
        assertThat(pod.getStatus().getPhase()).isEqualTo("Pending");
        assertThat(objects.get(PODS, "default", "p")).contains(pod);
        Pod updated = objects.updateStatus(PODS, running(pod), fence);
        assertThat(updated.getStatus().getPhase()).isEqualTo("Running");
        assertThatThrownBy(() -> objects.updateStatus(PODS, running(pod), fence))
                .isInstanceOfSatisfying(
                        ApiException.class, e -> assertThat(e.reason()).isEqualTo("Conflict"));
        assertThat(objects.list(PODS, null)).hasSize(1);
        assertThat(objects.list(DEPLOYMENTS, "default")).isEmpty();
    }

    @Test
    void leavesOutOnlyTheStaleOnesOfABatch() {
        List<Pod> pods = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            pods.add(running(create("p-" + i)));
        }
        objects.updateStatus(
                PODS,
                new PodBuilder(pods.get(7))
                        .editStatus()
                        .withPhase("Failed")
                        .endStatus()
                        .build(),
                fence);
        assertThat(objects.updateStatuses(PODS, pods, fence)).hasSize(119);
        assertThat(objects.get(PODS, "default", "p-7").orElseThrow().getStatus().getPhase())
                .isEqualTo("Failed");
        assertThat(objects.get(PODS, "default", "p-119")
                        .orElseThrow()
                        .getStatus()
                        .getPhase())
                .isEqualTo("Running");
    }

    @Test
    void bindsPendingPodsOfTheRightIdentity() {
        Pod one = create("one");
        Pod two = create("two");
        String uid = one.getMetadata().getUid();
        List<Binding> bound = objects.bind(
                List.of(
                        new Binding("default", "one", uid, "a1"),
                        new Binding("default", "two", "another", "a1"),
                        new Binding("default", "gone", "x", "a1")),
                fence);
        assertThat(bound).extracting(Binding::podName).containsExactly("one");
        Pod after = objects.get(PODS, "default", "one").orElseThrow();
        assertThat(after.getSpec().getNodeName()).isEqualTo("a1");
        assertThat(after.getStatus().getConditions())
                .singleElement()
                .satisfies(c -> assertThat(c.getType()).isEqualTo("PodScheduled"));
        assertThat(objects.bind(List.of(new Binding("default", "one", uid, "a2")), fence))
                .isEmpty();
        assertThat(objects.get(PODS, "default", "two").orElseThrow()).isEqualTo(two);
    }

    /** As people write it: numbers for amounts, and much that says nothing. */
    private static final String HAND_WRITTEN = """
            {"metadata": {"name": "web", "annotations": {}},
             "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}, "matchExpressions": []}, "template": {
               "metadata": {"creationTimestamp": null, "labels": {"app": "web"}},
               "spec": {"securityContext": {}, "nodeSelector": {}, "initContainers": [], "containers": [{
                 "name": "c", "image": "web:1", "args": [], "ports": null, "resources": {
                   "requests": {"cpu": 0.01, "memory": 1048576}, "limits": {"cpu": "1000m"}}}]}}}}""";

    @Test
    void whatIsWrittenBackUnchangedStaysAsItWas() throws Exception {
        ServedKind deployments =
                engine.kinds().find("apps", "v1", "deployments").orElseThrow();
        ObjectNode created = engine.writer()
                .create(
                        deployments,
                        "default",
                        (ObjectNode) Json.MAPPER.readTree(HAND_WRITTEN),
                        WriteOptions.trusted(fence));
        Deployment deployment = objects.get(DEPLOYMENTS, "default", "web").orElseThrow();

        assertThat(objects.update(DEPLOYMENTS, deployment, fence)).isEqualTo(deployment);
        deployment.getMetadata().setAnnotations(Map.of("note", "1"));
        Deployment annotated = objects.update(DEPLOYMENTS, deployment, fence);
        assertThat(annotated.getMetadata().getGeneration()).isEqualTo(1);
        assertThat(annotated.getMetadata().getAnnotations()).containsEntry("note", "1");
        assertThat(stored(deployments).get("spec")).isEqualTo(created.get("spec"));

        annotated.getSpec().setReplicas(3);
        annotated.getSpec().getTemplate().getSpec().setNodeSelector(Map.of("disk", "ssd"));
        annotated.getSpec().setRevisionHistoryLimit(null);
        Deployment scaled = objects.update(DEPLOYMENTS, annotated, fence);
        assertThat(scaled.getMetadata().getGeneration()).isEqualTo(2);
        assertThat(scaled.getSpec().getReplicas()).isEqualTo(3);
        assertThat(scaled.getSpec().getTemplate().getSpec().getNodeSelector()).containsEntry("disk", "ssd");
        assertThat(scaled.getSpec().getRevisionHistoryLimit()).isEqualTo(10);
        assertThat(stored(deployments).at("/spec/template/spec/containers"))
                .isEqualTo(created.at("/spec/template/spec/containers"));
    }

    private ObjectNode stored(ServedKind deployments) {
        return deployments.view(
                engine.cache().get(deployments.key("default", "web")).orElseThrow());
    }

    @Test
    void aDeposedLeaderWritesNothing() {
        Pod pod = create("p");
        store.depose();
        assertThatThrownBy(() -> create("q")).isInstanceOf(StoreException.Deposed.class);
        assertThatThrownBy(() -> objects.updateStatuses(PODS, List.of(running(pod)), fence))
                .isInstanceOf(StoreException.Deposed.class);
        assertThatThrownBy(() -> objects.bind(
                        List.of(new Binding("default", "p", pod.getMetadata().getUid(), "a1")), fence))
                .isInstanceOf(StoreException.Deposed.class);
        assertThatThrownBy(() -> objects.delete(PODS, "default", "p", DeleteOptions.of(null), fence))
                .isInstanceOf(StoreException.Deposed.class);
        assertThat(objects.get(PODS, "default", "p")).contains(pod);
    }

    @Test
    void deletesTheObjectMeantAndNoOther() {
        Pod pod = create("p");
        assertThatThrownBy(() -> objects.delete(PODS, "default", "p", DeleteOptions.of("another"), fence))
                .isInstanceOf(ApiException.class);
        objects.delete(PODS, "default", "p", DeleteOptions.of(pod.getMetadata().getUid()), fence);
        assertThat(objects.get(PODS, "default", "p")).isEmpty();
    }

    @Test
    void aTerminatingNamespaceGoesWithItsLastFinalizer() {
        Namespace team = new Namespace();
        team.setMetadata(new io.fabric8.kubernetes.api.model.ObjectMetaBuilder()
                .withName("team")
                .build());
        objects.create(NAMESPACES, team, fence);
        objects.delete(NAMESPACES, null, "team", DeleteOptions.of(null), fence);
        Namespace terminating = objects.get(NAMESPACES, null, "team").orElseThrow();
        assertThat(terminating.getStatus().getPhase()).isEqualTo("Terminating");
        terminating.getSpec().setFinalizers(List.of());
        objects.update(NAMESPACES, terminating, fence);
        assertThat(objects.get(NAMESPACES, null, "team")).isEmpty();
    }

    @Test
    void tellsListenersEverythingAndAgainAfterALoss() throws Exception {
        create("p");
        List<String> told = new CopyOnWriteArrayList<>();
        ChangeListener<Pod> listener = new ChangeListener<>() {
            @Override
            public void changed(@Nullable Pod before, @Nullable Pod after) {
                told.add((before == null ? "-" : before.getMetadata().getName()) + ">"
                        + (after == null ? "-" : after.getMetadata().getName()));
            }

            @Override
            public void resynchronized() {
                told.add("again");
            }
        };
        try (AutoCloseable watch = objects.watch(PODS, listener)) {
            assertThat(told).containsExactly("->p");
            objects.delete(PODS, "default", "p", DeleteOptions.of(null), fence);
            Awaitility.await().until(() -> told.contains("p>-"));
            create("q");
            Awaitility.await().until(() -> told.contains("->q"));
            store.loseEvents();
            Awaitility.await().until(() -> told.lastIndexOf("->q") > told.indexOf("again") && told.contains("again"));
        }
        Awaitility.await().until(() -> store.subscriptionCount() == 0);
    }

    @Test
    void servesImagesAsObjects() {
        Image image = new Image();
        image.getMetadata().setName("web-1");
        ImageSpec spec = new ImageSpec();
        spec.setName("web:1");
        image.setSpec(spec);
        Image created = objects.create(IMAGES, image, fence);
        assertThat(created.getSpec()).extracting(ImageSpec::getName).isEqualTo("web:1");
        assertThat(objects.list(IMAGES, null)).hasSize(1);
    }
}
