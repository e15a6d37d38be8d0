package dev.gantry.controlplane.controller.runtime;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Owner references, as Kubernetes' page "Owners and Dependents" has them. */
public final class Owners {
    private Owners() {}

    /** The one owner that controls the object. */
    public static Optional<OwnerReference> controllerOf(HasMetadata object) {
        return references(object).stream()
                .filter(reference -> Boolean.TRUE.equals(reference.getController()))
                .findFirst();
    }

    public static boolean controls(HasMetadata owner, HasMetadata object) {
        return controllerOf(object)
                .filter(reference ->
                        reference.getUid().equals(owner.getMetadata().getUid()))
                .isPresent();
    }

    public static OwnerReference controllerReference(HasMetadata owner) {
        return new OwnerReferenceBuilder()
                .withApiVersion(owner.getApiVersion())
                .withKind(owner.getKind())
                .withName(owner.getMetadata().getName())
                .withUid(owner.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build();
    }

    public static List<OwnerReference> references(HasMetadata object) {
        List<OwnerReference> references = object.getMetadata().getOwnerReferences();
        return references == null ? List.of() : references;
    }

    /** Makes {@code owner} the controller of {@code object}. */
    public static void adopt(HasMetadata owner, HasMetadata object) {
        List<OwnerReference> references = new ArrayList<>(references(object));
        references.removeIf(
                reference -> reference.getUid().equals(owner.getMetadata().getUid()));
        references.add(controllerReference(owner));
        object.getMetadata().setOwnerReferences(references);
    }

    /** Takes the references to the owner of this uid away. */
    public static void release(String ownerUid, HasMetadata object) {
        List<OwnerReference> references = new ArrayList<>(references(object));
        references.removeIf(reference -> reference.getUid().equals(ownerUid));
        object.getMetadata().setOwnerReferences(references);
    }
}
