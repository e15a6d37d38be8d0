package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerConfig.Mount.Propagation;
import dev.gantry.agent.image.ImagePulls;
import dev.gantry.agent.network.PodNetwork;
import dev.gantry.agent.probe.Check;
import dev.gantry.agent.probe.ProbeSettings;
import dev.gantry.agent.volume.VolumeFile;
import dev.gantry.agent.volume.VolumeOwner;
import dev.gantry.agent.volume.VolumeSource;
import dev.gantry.common.registry.Login;
import dev.gantry.wire.node.v1.File;
import dev.gantry.wire.node.v1.Handler;
import dev.gantry.wire.node.v1.HostPath;
import dev.gantry.wire.node.v1.PodFiles;
import dev.gantry.wire.node.v1.PodSpec;
import dev.gantry.wire.node.v1.Probe;
import dev.gantry.wire.node.v1.Protocol;
import dev.gantry.wire.node.v1.Volume;
import dev.gantry.wire.node.v1.VolumeMount;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** From wire messages to the records of the packages that know none. */
final class WireConversion {
    private WireConversion() {}

    static List<ImagePulls.RegistryLogin> logins(PodSpec spec) {
        return spec.getRegistryLoginsList().stream()
                .map(login -> new ImagePulls.RegistryLogin(
                        login.getRegistry(), new Login(login.getUser(), login.getPassword())))
                .toList();
    }

    static ProbeSettings probe(Probe probe) {
        return new ProbeSettings(
                check(probe.getHandler()),
                probe.getInitialDelaySeconds(),
                probe.getPeriodSeconds(),
                probe.getTimeoutSeconds(),
                probe.getSuccessThreshold(),
                probe.getFailureThreshold());
    }

    static Check check(Handler handler) {
        return switch (handler.getActionCase()) {
            case EXEC -> new Check.Exec(handler.getExec().getCommandList());
            case HTTP ->
                new Check.Http(
                        handler.getHttp().getHost(),
                        handler.getHttp().getPort(),
                        handler.getHttp().getPath(),
                        handler.getHttp().getTls(),
                        handler.getHttp().getHeadersList().stream()
                                .map(header -> Map.entry(header.getName(), header.getValue()))
                                .toList());
            case TCP ->
                new Check.Tcp(handler.getTcp().getHost(), handler.getTcp().getPort());
            case SLEEP -> new Check.Sleep(handler.getSleep().getSeconds());
            case ACTION_NOT_SET -> new Check.Sleep(0);
        };
    }

    static VolumeSource volume(Volume volume) {
        return switch (volume.getSourceCase()) {
            case HOST_PATH ->
                new VolumeSource.HostPath(
                        volume.getName(),
                        volume.getHostPath().getPath(),
                        hostPathKind(volume.getHostPath().getKind()));
            case FILES ->
                new VolumeSource.Files(volume.getName(), volume.getFiles().getSecret());
            case EMPTY_DIR, SOURCE_NOT_SET ->
                new VolumeSource.EmptyDir(
                        volume.getName(),
                        volume.getEmptyDir().getMemory(),
                        volume.getEmptyDir().getSizeLimitBytes());
        };
    }

    private static VolumeSource.HostPathKind hostPathKind(HostPath.Kind kind) {
        return switch (kind) {
            case DIRECTORY_OR_CREATE -> VolumeSource.HostPathKind.DIRECTORY_OR_CREATE;
            case DIRECTORY -> VolumeSource.HostPathKind.DIRECTORY;
            case FILE_OR_CREATE -> VolumeSource.HostPathKind.FILE_OR_CREATE;
            case FILE -> VolumeSource.HostPathKind.FILE;
            case SOCKET -> VolumeSource.HostPathKind.SOCKET;
            case CHARACTER_DEVICE -> VolumeSource.HostPathKind.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> VolumeSource.HostPathKind.BLOCK_DEVICE;
            case ANY, UNRECOGNIZED -> VolumeSource.HostPathKind.ANY;
        };
    }

    /** @param address of the pod, for files that hold it */
    static List<VolumeFile> files(PodFiles files, String address, PodAgentConfig host) {
        return files.getFilesList().stream()
                .map(file -> new VolumeFile(file.getPath(), content(file, address, host), file.getMode()))
                .toList();
    }

    private static byte[] content(File file, String address, PodAgentConfig host) {
        return file.getContentCase() == File.ContentCase.NODE_FIELD
                ? ContainerAssembly.nodeField(file.getNodeField(), address, host)
                        .getBytes(StandardCharsets.UTF_8)
                : file.getBytes().toByteArray();
    }

    static VolumeOwner owner(PodSpec spec) {
        return new VolumeOwner(spec.hasFsGroup() ? OptionalLong.of(spec.getFsGroup()) : OptionalLong.empty());
    }

    static Propagation propagation(VolumeMount.Propagation propagation) {
        return switch (propagation) {
            case HOST_TO_CONTAINER -> Propagation.HOST_TO_CONTAINER;
            case BIDIRECTIONAL -> Propagation.BIDIRECTIONAL;
            case PRIVATE, UNRECOGNIZED -> Propagation.PRIVATE;
        };
    }

    static List<PodNetwork.HostPort> hostPorts(PodSpec spec) {
        return spec.getHostPortsList().stream()
                .map(port -> new PodNetwork.HostPort(
                        port.getHostAddress(),
                        port.getHostPort(),
                        port.getContainerPort(),
                        port.getProtocol() == Protocol.UDP ? PodNetwork.Transport.UDP : PodNetwork.Transport.TCP))
                .toList();
    }
}
