package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.IMAGES;
import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.image.ImageName;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.model.Image;
import dev.gantry.controlplane.resource.model.ImageSpec;
import dev.gantry.controlplane.resource.model.ImageStatus;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import dev.gantry.controlplane.stream.TicketedStreams.BuiltImages;
import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.node.v1.HeldImage;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Image objects: what a name means, and which nodes hold it. Safe for use by many threads. */
public final class ImageRecords implements BuiltImages {
    private static final Logger LOG = LoggerFactory.getLogger(ImageRecords.class);
    private static final CrashPoint RECORDED = CrashPoint.of("dispatch.image-recorded");
    private static final int ATTEMPTS = 5;

    private final ClusterObjects objects;

    ImageRecords(ClusterObjects objects) {
        this.objects = requireNonNull(objects, "objects is null");
    }

    @Override
    public BuildRequest resolve(BuildRequest request) {
        if (request.getImageDigestsCount() > 0) {
            return request;
        }
        BuildRequest.Builder resolved = request.toBuilder();
        for (Image image : objects.list(IMAGES, null)) {
            if (image.getSpec() != null
                    && image.getSpec().getName() != null
                    && image.getStatus() != null
                    && image.getStatus().getDigest() != null) {
                resolved.putImageDigests(
                        image.getSpec().getName(), image.getStatus().getDigest());
            }
        }
        return resolved.build();
    }

    @Override
    public void built(String nodeName, BuildRequest request, BuildResult result) {
        for (String name : request.getNamesList()) {
            String canonical = ImageName.tryParse(name).map(ImageName::toString).orElse(name);
            record(canonical, null, status -> {
                Set<String> nodes = result.getDigest().equals(status.getDigest())
                        ? new TreeSet<>(status.getNodes())
                        : new TreeSet<>();
                nodes.add(nodeName);
                status.setDigest(result.getDigest());
                status.setBytes(result.getBytes());
                status.setNodes(List.copyOf(nodes));
                return status;
            });
        }
    }

    /** Brings the lists of nodes up to what a node says it holds. */
    void held(String nodeName, List<HeldImage> images, Fence fence) {
        Set<String> digests = images.stream().map(HeldImage::getDigest).collect(Collectors.toSet());
        for (Image image : objects.list(IMAGES, null)) {
            ImageStatus status = image.getStatus();
            if (status == null || status.getDigest() == null || image.getSpec() == null) {
                continue;
            }
            String name = image.getSpec().getName();
            if (name != null
                    && digests.contains(status.getDigest()) != status.getNodes().contains(nodeName)) {
                record(name, fence, fresh -> {
                    Set<String> nodes = new TreeSet<>(fresh.getNodes());
                    if (digests.contains(fresh.getDigest())) {
                        nodes.add(nodeName);
                    } else {
                        nodes.remove(nodeName);
                    }
                    fresh.setNodes(List.copyOf(nodes));
                    return fresh;
                });
            }
        }
    }

    void record(String canonical, @Nullable Fence fence, UnaryOperator<ImageStatus> change) {
        for (int attempt = 1; ; attempt++) {
            try {
                Image image = findOrCreate(canonical, fence);
                ImageStatus status = image.getStatus() == null ? new ImageStatus() : image.getStatus();
                image.setStatus(change.apply(status));
                objects.updateStatus(IMAGES, image, fence);
                RECORDED.reach();
                return;
            } catch (ApiException e) {
                if (e.code() != 409 || attempt == ATTEMPTS) {
                    throw e;
                }
                LOG.debug("image {} changed while it was recorded, once more", canonical);
            } catch (StoreException.Conflict | StoreException.AlreadyExists | StoreException.NotFound e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private Image findOrCreate(String canonical, @Nullable Fence fence) {
        Optional<Image> existing = objects.get(IMAGES, null, Image.objectName(canonical));
        if (existing.isPresent()) {
            return existing.get();
        }
        Image image = new Image();
        ObjectMeta metadata = new ObjectMeta();
        metadata.setName(Image.objectName(canonical));
        image.setMetadata(metadata);
        ImageSpec spec = new ImageSpec();
        spec.setName(canonical);
        image.setSpec(spec);
        return objects.create(IMAGES, image, fence);
    }
}
