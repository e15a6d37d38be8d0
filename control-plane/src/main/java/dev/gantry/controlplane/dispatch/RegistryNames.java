package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.IMAGES;
import static dev.gantry.controlplane.resource.Resources.PODS;
import static java.util.Objects.requireNonNull;

import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import dev.gantry.controlplane.registry.ImageNames;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.ClusterObjects.DeleteOptions;
import dev.gantry.controlplane.resource.model.Image;
import dev.gantry.controlplane.resource.model.ImageStatus;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The registry's tags as Image objects: pushing one is as good as building it. */
final class RegistryNames implements ImageNames {
    private final ClusterObjects objects;
    private final ImageRecords records;
    private final BooleanSupplier current;

    RegistryNames(ClusterObjects objects, ImageRecords records, BooleanSupplier current) {
        this.objects = requireNonNull(objects, "objects is null");
        this.records = requireNonNull(records, "records is null");
        this.current = requireNonNull(current, "current is null");
    }

    @Override
    public Optional<Digest> digest(ImageName name) {
        return find(name).flatMap(RegistryNames::digest);
    }

    @Override
    public List<String> tags(String repository) {
        List<String> tags = new ArrayList<>();
        for (Image image : objects.list(IMAGES, null)) {
            name(image)
                    .filter(name -> name.repositoryName().equals(repository))
                    .filter(name -> digest(image).isPresent())
                    .map(ImageName::tag)
                    .ifPresent(tags::add);
        }
        return tags.stream().sorted().toList();
    }

    @Override
    public void assign(ImageName name, Digest manifest, long bytes) {
        records.record(name.toString(), null, status -> {
            if (!manifest.toString().equals(status.getDigest())) {
                status.setNodes(List.of());
            }
            status.setDigest(manifest.toString());
            status.setBytes(bytes);
            return status;
        });
    }

    @Override
    public boolean remove(ImageName name) {
        Optional<Image> image = find(name);
        image.ifPresent(found -> objects.delete(
                IMAGES,
                null,
                found.getMetadata().getName(),
                DeleteOptions.of(found.getMetadata().getUid()),
                null));
        return image.isPresent();
    }

    @Override
    public Optional<Set<Digest>> needed() {
        if (!current.getAsBoolean()) {
            return Optional.empty();
        }
        Set<Digest> needed = new HashSet<>();
        objects.list(IMAGES, null).forEach(image -> digest(image).ifPresent(needed::add));
        for (Pod pod : objects.list(PODS, null)) {
            PodFields.allContainers(pod).stream()
                    .map(Container::getImage)
                    .flatMap(image -> ImageName.tryParse(image == null ? "" : image).stream())
                    .map(ImageName::digest)
                    .forEach(digest -> add(needed, digest == null ? "" : digest.toString()));
            if (pod.getStatus() != null) {
                Stream.of(
                                pod.getStatus().getInitContainerStatuses(),
                                pod.getStatus().getContainerStatuses())
                        .filter(statuses -> statuses != null)
                        .flatMap(List::stream)
                        .map(ContainerStatus::getImageID)
                        .forEach(id -> add(needed, id == null ? "" : id));
            }
        }
        return Optional.of(needed);
    }

    private static void add(Set<Digest> needed, String digest) {
        if (Digest.isDigest(digest)) {
            needed.add(Digest.parse(digest));
        }
    }

    private Optional<Image> find(ImageName name) {
        return objects.get(IMAGES, null, Image.objectName(name.toString()));
    }

    private static Optional<ImageName> name(Image image) {
        @Nullable String name = image.getSpec() == null ? null : image.getSpec().getName();
        return name == null ? Optional.empty() : ImageName.tryParse(name);
    }

    private static Optional<Digest> digest(Image image) {
        return Optional.ofNullable(image.getStatus())
                .map(ImageStatus::getDigest)
                .filter(Digest::isDigest)
                .map(Digest::parse);
    }
}
