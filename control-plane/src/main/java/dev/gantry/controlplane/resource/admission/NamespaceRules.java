package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.child;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.DefaultNamespaces;
import dev.gantry.controlplane.resource.KindRules;
import dev.gantry.controlplane.resource.Meta;
import dev.gantry.controlplane.resource.Problems;

/**
 * Namespaces: a deleted one is Terminating until the namespace controller has emptied it and takes {@code kubernetes} from {@code spec.finalizers}
 * (by {@code finalize}, or in process by an ordinary update); with the last finalizer it goes.
 */
public final class NamespaceRules implements KindRules {
    public static final String FINALIZER = "kubernetes";

    @Override
    public boolean hasGeneration() {
        return false;
    }

    @Override
    public void prepareCreate(ObjectNode namespace) {
        child(namespace, "spec").putArray("finalizers").add(FINALIZER);
        namespace.putObject("status").put("phase", "Active");
    }

    @Override
    public void applyDefaults(ObjectNode namespace) {
        child(Meta.of(namespace), "labels").put("kubernetes.io/metadata.name", Meta.name(namespace));
    }

    @Override
    public boolean isHeld(ObjectNode namespace) {
        return !namespace.path("spec").path("finalizers").isEmpty();
    }

    @Override
    public void validateDelete(ObjectNode namespace, Problems problems) {
        if (DefaultNamespaces.isProtected(Meta.name(namespace))) {
            problems.forbidden("metadata.name", "this namespace may not be deleted");
        }
    }

    @Override
    public void markDeleted(ObjectNode namespace) {
        child(namespace, "status").put("phase", "Terminating");
    }
}
