package dev.gantry.controlplane.dispatch;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import dev.gantry.controlplane.dispatch.Hold.HoldException;
import dev.gantry.wire.node.v1.EmptyDir;
import dev.gantry.wire.node.v1.File;
import dev.gantry.wire.node.v1.FilesVolume;
import dev.gantry.wire.node.v1.HostPath;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.Volume;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A pod's volumes, and the files of those that are made of objects. One instance for one conversion. */
final class VolumeConverter {
    private static final int DEFAULT_MODE = 0644;

    private final Pod pod;
    private final String namespace;
    private final Sources sources;
    private final List<Volume> volumes = new ArrayList<>();
    private final List<PodFiles> files = new ArrayList<>();
    private final Map<String, Hold> holds = new HashMap<>();

    private VolumeConverter(Pod pod, Sources sources) {
        this.pod = pod;
        this.namespace = pod.getMetadata().getNamespace();
        this.sources = sources;
    }

    static Converted convert(Pod pod, Sources sources) {
        VolumeConverter converter = new VolumeConverter(pod, sources);
        if (pod.getSpec().getVolumes() != null) {
            pod.getSpec().getVolumes().forEach(converter::convert);
        }
        return new Converted(List.copyOf(converter.volumes), List.copyOf(converter.files), Map.copyOf(converter.holds));
    }

    /** @param holds by volume: the containers that mount it wait */
    record Converted(List<Volume> volumes, List<PodFiles> files, Map<String, Hold> holds) {}

    private void convert(io.fabric8.kubernetes.api.model.Volume volume) {
        try {
            if (volume.getEmptyDir() != null) {
                volumes.add(named(volume)
                        .setEmptyDir(emptyDir(volume.getEmptyDir()))
                        .build());
            } else if (volume.getHostPath() != null) {
                volumes.add(named(volume).setHostPath(hostPath(volume)).build());
            } else {
                files(volume);
            }
        } catch (HoldException e) {
            holds.put(volume.getName(), e.hold());
        }
    }

    private void files(io.fabric8.kubernetes.api.model.Volume volume) throws HoldException {
        Content content = new Content();
        boolean known = true;
        try {
            if (volume.getConfigMap() != null) {
                var source = volume.getConfigMap();
                content.defaultMode = mode(source.getDefaultMode());
                content.configMap(source.getName(), source.getItems(), isTrue(source.getOptional()));
            } else if (volume.getSecret() != null) {
                var source = volume.getSecret();
                content.defaultMode = mode(source.getDefaultMode());
                content.secret(source.getSecretName(), source.getItems(), isTrue(source.getOptional()));
            } else if (volume.getDownwardAPI() != null) {
                content.defaultMode = mode(volume.getDownwardAPI().getDefaultMode());
                content.downward(volume.getDownwardAPI().getItems());
            } else if (volume.getProjected() != null) {
                content.defaultMode = mode(volume.getProjected().getDefaultMode());
                for (VolumeProjection projection : orEmpty(volume.getProjected().getSources())) {
                    content.projection(volume.getName(), projection);
                }
            } else {
                known = false;
                throw new HoldException(
                        "volume %s has a source that this version cannot mount; expected emptyDir, hostPath, configMap, secret, downwardAPI or projected"
                                .formatted(volume.getName()));
            }
            files.add(PodFiles.newBuilder()
                    .setPodUid(pod.getMetadata().getUid())
                    .setVolume(volume.getName())
                    .addAllFiles(content.files.values())
                    .build());
        } finally {
            if (known) {
                volumes.add(named(volume)
                        .setFiles(FilesVolume.newBuilder().setSecret(content.secret))
                        .build());
            }
        }
    }

    private static Volume.Builder named(io.fabric8.kubernetes.api.model.Volume volume) {
        return Volume.newBuilder().setName(volume.getName());
    }

    private static EmptyDir emptyDir(io.fabric8.kubernetes.api.model.EmptyDirVolumeSource source) {
        return EmptyDir.newBuilder()
                .setMemory("Memory".equals(source.getMedium()))
                .setSizeLimitBytes(Amounts.units(source.getSizeLimit(), BigDecimal.ONE))
                .build();
    }

    private static HostPath hostPath(io.fabric8.kubernetes.api.model.Volume volume) throws HoldException {
        String type = volume.getHostPath().getType();
        HostPath.Kind kind = switch (type == null ? "" : type) {
            case "" -> HostPath.Kind.ANY;
            case "DirectoryOrCreate" -> HostPath.Kind.DIRECTORY_OR_CREATE;
            case "Directory" -> HostPath.Kind.DIRECTORY;
            case "FileOrCreate" -> HostPath.Kind.FILE_OR_CREATE;
            case "File" -> HostPath.Kind.FILE;
            case "Socket" -> HostPath.Kind.SOCKET;
            case "CharDevice" -> HostPath.Kind.CHARACTER_DEVICE;
            case "BlockDevice" -> HostPath.Kind.BLOCK_DEVICE;
            default ->
                throw new HoldException(
                        "volume %s has the hostPath type %s, which does not exist".formatted(volume.getName(), type));
        };
        return HostPath.newBuilder()
                .setPath(volume.getHostPath().getPath())
                .setKind(kind)
                .build();
    }

    private static int mode(@Nullable Integer mode) {
        return mode == null ? DEFAULT_MODE : mode;
    }

    private static boolean isTrue(@Nullable Boolean value) {
        return Boolean.TRUE.equals(value);
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }

    /** The files of one volume, sorted by path; a later source of the same path wins. */
    private final class Content {
        private final Map<String, File> files = new TreeMap<>();
        private int defaultMode = DEFAULT_MODE;
        private boolean secret;

        void projection(String volume, VolumeProjection projection) throws HoldException {
            if (projection.getConfigMap() != null) {
                var source = projection.getConfigMap();
                configMap(source.getName(), source.getItems(), isTrue(source.getOptional()));
            } else if (projection.getSecret() != null) {
                var source = projection.getSecret();
                secret(source.getName(), source.getItems(), isTrue(source.getOptional()));
            } else if (projection.getDownwardAPI() != null) {
                downward(projection.getDownwardAPI().getItems());
            } else {
                throw new HoldException(
                        "projected volume %s has a source that this version does not know; expected configMap, secret or downwardAPI"
                                .formatted(volume));
            }
        }

        void configMap(String name, @Nullable List<KeyToPath> items, boolean optional) throws HoldException {
            Optional<ConfigMap> found = sources.configMap(namespace, name);
            add("ConfigMap", name, found.map(ConfigData::of).orElse(null), items, optional);
        }

        void secret(String name, @Nullable List<KeyToPath> items, boolean optional) throws HoldException {
            secret = true;
            Optional<Secret> found = sources.secret(namespace, name);
            add("Secret", name, found.map(ConfigData::of).orElse(null), items, optional);
        }

        private void add(
                String kind,
                String name,
                @Nullable Map<String, byte[]> data,
                @Nullable List<KeyToPath> items,
                boolean optional)
                throws HoldException {
            if (data == null) {
                if (!optional) {
                    throw EnvironmentConverter.missing(kind, name, null, false);
                }
                return;
            }
            if (items == null || items.isEmpty()) {
                data.forEach((key, bytes) -> put(key, bytes, defaultMode));
                return;
            }
            for (KeyToPath item : items) {
                byte[] bytes = data.get(item.getKey());
                if (bytes != null) {
                    put(item.getPath(), bytes, item.getMode() == null ? defaultMode : item.getMode());
                } else if (!optional) {
                    throw EnvironmentConverter.missing(kind, name, item.getKey(), true);
                }
            }
        }

        void downward(@Nullable List<DownwardAPIVolumeFile> items) throws HoldException {
            for (DownwardAPIVolumeFile item : orEmpty(items)) {
                int mode = item.getMode() == null ? defaultMode : item.getMode();
                if (item.getFieldRef() != null) {
                    String path = item.getFieldRef().getFieldPath();
                    var nodeField = PodFields.nodeField(path);
                    if (nodeField.isPresent()) {
                        files.put(
                                item.getPath(),
                                File.newBuilder()
                                        .setPath(item.getPath())
                                        .setNodeField(nodeField.get())
                                        .setMode(mode)
                                        .build());
                    } else {
                        put(item.getPath(), PodFields.value(pod, path).getBytes(UTF_8), mode);
                    }
                } else if (item.getResourceFieldRef() != null) {
                    String value = PodFields.resource(
                            pod,
                            pod.getSpec().getContainers().getFirst(),
                            item.getResourceFieldRef(),
                            sources.nodeAllocatable());
                    put(item.getPath(), value.getBytes(UTF_8), mode);
                }
            }
        }

        private void put(String path, byte[] bytes, int mode) {
            files.put(
                    path,
                    File.newBuilder()
                            .setPath(path)
                            .setBytes(ByteString.copyFrom(bytes))
                            .setMode(mode)
                            .build());
        }
    }
}
