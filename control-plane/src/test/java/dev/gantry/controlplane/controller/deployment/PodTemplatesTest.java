package dev.gantry.controlplane.controller.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.controlplane.controller.runtime.Manifests;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

class PodTemplatesTest {
    private static PodTemplateSpec template(String image) {
        return Manifests.deployment("web", 1, image).getSpec().getTemplate();
    }

    @Test
    void ignoresTheHashLabelAndEmptyValues() {
        PodTemplateSpec labelled = template("web:1");
        labelled.getMetadata().setLabels(new HashMap<>(labelled.getMetadata().getLabels()));
        labelled.getMetadata().getLabels().put("pod-template-hash", "abc");
        labelled.getSpec().setSecurityContext(new PodSecurityContext());
        assertThat(PodTemplates.same(labelled, template("web:1"))).isTrue();
        assertThat(PodTemplates.hash(labelled, 0)).isEqualTo(PodTemplates.hash(template("web:1"), 0));
    }

    @Test
    void ignoresHowAmountsAreWritten() {
        assertThat(PodTemplates.same(limited("1000m"), limited("1"))).isTrue();
        assertThat(PodTemplates.hash(limited("1000m"), 0)).isEqualTo(PodTemplates.hash(limited("1"), 0));
        assertThat(PodTemplates.same(limited("1001m"), limited("1"))).isFalse();
    }

    private static PodTemplateSpec limited(String cpu) {
        PodTemplateSpec template = template("web:1");
        template.getSpec()
                .getContainers()
                .getFirst()
                .setResources(new ResourceRequirementsBuilder()
                        .addToLimits("cpu", new Quantity(cpu))
                        .build());
        return template;
    }

    @Test
    void anotherTemplateOrCollisionHasAnotherHash() {
        assertThat(PodTemplates.same(template("web:1"), template("web:2"))).isFalse();
        assertThat(PodTemplates.hash(template("web:1"), 0))
                .isNotEqualTo(PodTemplates.hash(template("web:2"), 0))
                .isNotEqualTo(PodTemplates.hash(template("web:1"), 1))
                .matches("[bcdfghjklmnpqrstvwxz2456789]+");
    }

    @Test
    void theHashStaysTheSameAcrossReleases() {
        assertThat(PodTemplates.hash(template("web:1"), 0)).isEqualTo("c5cc9846f");
    }
}
