package dev.gantry.controlplane.dispatch;

import dev.gantry.common.image.ImageName;
import dev.gantry.controlplane.dispatch.Hold.HoldException;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.ContainerStatus;
import dev.gantry.wire.node.v1.EnvironmentVariable;
import dev.gantry.wire.node.v1.ImageRef;
import dev.gantry.wire.node.v1.Resources;
import dev.gantry.wire.node.v1.VolumeMount;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One container of a pod. Whatever is missing becomes a hold, and the rest is converted all the same. */
final class ContainerConverter {
    private static final Pattern EXPANSION = Pattern.compile("\\$\\(([^)]+)\\)");
    private static final String DEFAULT_TERMINATION_MESSAGE_PATH = "/dev/termination-log";

    private final Pod pod;
    private final Sources sources;
    private final Map<String, Hold> volumeHolds;
    private final Map<String, ContainerStatus> reported;
    private final Map<String, ContainerSpec> sent;
    private final EnvironmentConverter environment;

    /**
     * @param volumeHolds by volume
     * @param reported what the node says of the pod's containers, by name
     * @param sent what the node was sent in this session, by name
     */
    ContainerConverter(
            Pod pod,
            Sources sources,
            Map<String, Hold> volumeHolds,
            Map<String, ContainerStatus> reported,
            Map<String, ContainerSpec> sent) {
        this.pod = pod;
        this.sources = sources;
        this.volumeHolds = volumeHolds;
        this.reported = reported;
        this.sent = sent;
        this.environment = new EnvironmentConverter(pod, sources);
    }

    /** @param hold null when the container may start */
    record Converted(ContainerSpec spec, @Nullable Hold hold) {}

    Converted convert(Container container) {
        ContainerSpec.Builder spec = ContainerSpec.newBuilder()
                .setName(container.getName())
                .setGeneration(generation(container))
                .addAllCommand(orEmpty(container.getCommand()))
                .addAllArgs(orEmpty(container.getArgs()))
                .setWorkingDirectory(orEmpty(container.getWorkingDir()))
                .setResources(resources(container))
                .setSecurity(SecurityConverter.convert(pod.getSpec(), container))
                .setStdin(Boolean.TRUE.equals(container.getStdin()))
                .setStdinOnce(Boolean.TRUE.equals(container.getStdinOnce()))
                .setTty(Boolean.TRUE.equals(container.getTty()))
                .setSidecar("Always".equals(container.getRestartPolicy()))
                .setTerminationMessagePath(
                        container.getTerminationMessagePath() == null
                                        || container.getTerminationMessagePath().isEmpty()
                                ? DEFAULT_TERMINATION_MESSAGE_PATH
                                : container.getTerminationMessagePath())
                .setTerminationMessageFromLog("FallbackToLogsOnError".equals(container.getTerminationMessagePolicy()));
        Hold hold = null;
        try {
            handlers(container, spec);
            List<EnvironmentVariable> variables = environment.convert(container);
            spec.addAllEnv(variables);
            mounts(container, spec, variables);
        } catch (HoldException e) {
            hold = e.hold();
        }
        ImageRef.Builder image = image(container);
        if (hold == null && image.getDigest().isEmpty() && !image.getExternal()) {
            hold = unknownImage(container);
        }
        if (hold != null) {
            image.clearDigest().clearExternal();
        }
        return new Converted(spec.setImage(image).build(), hold);
    }

    /** What the cluster calls so, comes before what a registry of others does. */
    private ImageRef.Builder image(Container container) {
        ImageRef.Builder image = ImageRef.newBuilder()
                .setName(orEmpty(container.getImage()))
                .setPullPolicy(
                        switch (orEmpty(container.getImagePullPolicy())) {
                            case "Always" -> ImageRef.PullPolicy.ALWAYS;
                            case "Never" -> ImageRef.PullPolicy.NEVER;
                            default -> ImageRef.PullPolicy.IF_NOT_PRESENT;
                        });
        Optional<ImageName> parsed = ImageName.tryParse(orEmpty(container.getImage()));
        if (parsed.isEmpty()) {
            return image;
        }
        ImageName name = parsed.get();
        if (name.digest() == null) {
            Optional<String> known = sources.imageDigest(name.toString());
            return known.isPresent() ? image.setDigest(known.get()) : image.setExternal(!name.isUnqualified());
        }
        return image.setDigest(name.digest().toString()).setExternal(!name.isUnqualified());
    }

    /**
     * Rises when the pod names another image than the node has. Known from what the node holds on disk, so that every leader decides alike, and from what
     * was sent to it and is still under way.
     */
    private long generation(Container container) {
        String image = orEmpty(container.getImage());
        ContainerStatus held = reported.get(container.getName());
        ContainerSpec last = sent.get(container.getName());
        long ofHeld = held == null || held.getSpecGeneration() == 0
                ? 1
                : next(held.getSpecGeneration(), held.getImage().getName(), image);
        long ofSent =
                last == null ? 1 : next(last.getGeneration(), last.getImage().getName(), image);
        return Math.max(ofHeld, ofSent);
    }

    private static long next(long generation, String before, String now) {
        return before.equals(now) ? generation : generation + 1;
    }

    private static Hold unknownImage(Container container) {
        String image = orEmpty(container.getImage());
        if (ImageName.tryParse(image).isEmpty()) {
            return new Hold(
                    "InvalidImageName", "\"%s\" is not an image name; expected one such as web:1".formatted(image));
        }
        return new Hold(
                "ImageNotFound",
                "image %s is not known to this cluster; build it with: gantry build -t %s DIRECTORY"
                        .formatted(image, image));
    }

    private static Resources resources(Container container) {
        return Resources.newBuilder()
                .setCpuLimitMilli(Amounts.cpuLimitMilli(container))
                .setCpuRequestMilli(Amounts.cpuRequestMilli(container))
                .setMemoryLimitBytes(Amounts.memoryLimitBytes(container))
                .setMemoryRequestBytes(Amounts.memoryRequestBytes(container))
                .build();
    }

    private static void handlers(Container container, ContainerSpec.Builder spec) throws HoldException {
        HandlerConverter handlers = new HandlerConverter(container);
        if (container.getStartupProbe() != null) {
            spec.setStartupProbe(handlers.probe(container.getStartupProbe()));
        }
        if (container.getReadinessProbe() != null) {
            spec.setReadinessProbe(handlers.probe(container.getReadinessProbe()));
        }
        if (container.getLivenessProbe() != null) {
            spec.setLivenessProbe(handlers.probe(container.getLivenessProbe()));
        }
        if (container.getLifecycle() == null) {
            return;
        }
        if (container.getLifecycle().getPostStart() != null) {
            spec.setPostStart(handlers.hook(container.getLifecycle().getPostStart()));
        }
        if (container.getLifecycle().getPreStop() != null) {
            spec.setPreStop(handlers.hook(container.getLifecycle().getPreStop()));
        }
        spec.setStopSignal(orEmpty(container.getLifecycle().getStopSignal()));
    }

    private void mounts(Container container, ContainerSpec.Builder spec, List<EnvironmentVariable> variables)
            throws HoldException {
        for (var mount : orEmpty(container.getVolumeMounts())) {
            Hold hold = volumeHolds.get(mount.getName());
            if (hold != null) {
                throw new HoldException(hold.message());
            }
            String subPath =
                    mount.getSubPathExpr() == null || mount.getSubPathExpr().isEmpty()
                            ? orEmpty(mount.getSubPath())
                            : expand(mount.getSubPathExpr(), variables);
            spec.addMounts(VolumeMount.newBuilder()
                    .setVolume(mount.getName())
                    .setPath(mount.getMountPath())
                    .setSubPath(subPath)
                    .setReadOnly(Boolean.TRUE.equals(mount.getReadOnly()))
                    .setPropagation(
                            switch (orEmpty(mount.getMountPropagation())) {
                                case "HostToContainer" -> VolumeMount.Propagation.HOST_TO_CONTAINER;
                                case "Bidirectional" -> VolumeMount.Propagation.BIDIRECTIONAL;
                                default -> VolumeMount.Propagation.PRIVATE;
                            }));
        }
    }

    private static String expand(String expression, List<EnvironmentVariable> variables) throws HoldException {
        Map<String, String> values = new HashMap<>();
        variables.forEach(variable -> {
            if (variable.hasValue()) {
                values.put(variable.getName(), variable.getValue());
            } else if (variable.hasLiteral()) {
                values.put(variable.getName(), variable.getLiteral());
            }
        });
        Matcher matcher = EXPANSION.matcher(expression);
        StringBuilder result = new StringBuilder();
        while (matcher.find()) {
            String value = values.get(matcher.group(1));
            if (value == null) {
                throw new HoldException("subPathExpr %s names %s, which is no variable of the container's environment"
                        .formatted(expression, matcher.group(1)));
            }
            matcher.appendReplacement(result, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(result).toString();
    }

    private static String orEmpty(@Nullable String value) {
        return value == null ? "" : value;
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
