package dev.gantry.agent;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.image.DiskImageStore;
import dev.gantry.agent.image.ImageCollector.DiskSpace;
import dev.gantry.agent.image.ImageStore.Image;
import dev.gantry.common.network.HostAddresses;
import dev.gantry.linux.HostFacts;
import dev.gantry.linux.Mounts;
import dev.gantry.wire.node.v1.HeldImage;
import dev.gantry.wire.node.v1.NodeCondition;
import dev.gantry.wire.node.v1.NodeStatus;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this host is and has: the status of its node. Safe for use by many threads. */
final class NodeFacts {
    private static final Logger log = LoggerFactory.getLogger(NodeFacts.class);

    /** Kubernetes' kubelet keeps as much from pods before it evicts. */
    private static final long RESERVED_MEMORY = 100L << 20;

    /** A node's range of pod addresses is a /24; some are always on their way out. */
    private static final long PODS = 250;

    private final HostFacts host;
    private final DiskImageStore images;
    private final Path state;
    private final List<String> givenAddresses;
    private final Supplier<List<String>> unreachable;
    private volatile NodeStatus last;

    /**
     * @param givenAddresses of this host, instead of those of its interfaces; empty for those
     * @param unreachable nodes whose pods can't be reached from here, each with why
     */
    NodeFacts(
            HostFacts host,
            DiskImageStore images,
            Path state,
            List<String> givenAddresses,
            Supplier<List<String>> unreachable)
            throws IOException {
        this.host = requireNonNull(host, "host is null");
        this.images = requireNonNull(images, "images is null");
        this.state = requireNonNull(state, "state is null");
        this.givenAddresses = List.copyOf(givenAddresses);
        this.unreachable = requireNonNull(unreachable, "unreachable is null");
        this.last = now();
    }

    /** What was so last when the kernel does not tell: the session goes on. */
    NodeStatus read() {
        try {
            last = now();
        } catch (IOException e) {
            log.warn("The state of this host can't be read; its last one is told", e);
        }
        return last;
    }

    private NodeStatus now() throws IOException {
        Mounts.Space disk = Mounts.space(state);
        Map<String, Mounts.Space> disks = new LinkedHashMap<>();
        disks.put("the agent's disk, " + state, disk);
        disks.put("the disk of the images, " + images.root(), Mounts.space(images.root()));
        return NodeStatus.newBuilder()
                .addAllAddresses(addresses())
                .setHostname(hostname())
                .setCpuCapacityMilli(host.cpus() * 1000L)
                .setCpuAllocatableMilli(host.cpus() * 1000L)
                .setMemoryCapacityBytes(host.memoryBytes())
                .setMemoryAllocatableBytes(Math.max(0, host.memoryBytes() - RESERVED_MEMORY))
                .setPodsCapacity(PODS)
                .setEphemeralStorageBytes(disk.size())
                .setKernelVersion(host.kernel())
                .setOsImage(host.operatingSystem())
                .setArchitecture(host.architecture())
                .setMachineId(host.machineId())
                .setCgroupLayout(host.cgroups().name().toLowerCase(java.util.Locale.ROOT))
                .addConditions(DiskPressure.of(disks))
                .addConditions(memoryPressure())
                .addConditions(network())
                .addAllImages(images.list().stream()
                        .map(NodeFacts::held)
                        .sorted(Comparator.comparing(HeldImage::getDigest))
                        .toList())
                .build();
    }

    /** Of the disk that images lie on. */
    DiskSpace.Space imageSpace() throws IOException {
        Mounts.Space space = Mounts.space(images.root());
        return new DiskSpace.Space(space.size() - space.free() + space.available(), space.available());
    }

    /** IPv4, those of links with a way out first; the loopback address on a host that has no other. */
    List<String> addresses() throws SocketException {
        if (!givenAddresses.isEmpty()) {
            return givenAddresses;
        }
        List<String> found = HostAddresses.all();
        return found.isEmpty() ? List.of(HostAddresses.LOOPBACK) : found;
    }

    /** The kernel's, which asks no resolver. */
    private static String hostname() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    }

    private static HeldImage held(Image image) {
        return HeldImage.newBuilder()
                .setDigest(image.digest())
                .setBytes(image.bytes())
                .addAllNames(image.names())
                .build();
    }

    private static NodeCondition memoryPressure() throws IOException {
        long available = Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(line -> line.startsWith("MemAvailable:"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElse(Long.MAX_VALUE);
        return condition(
                "MemoryPressure",
                available < RESERVED_MEMORY,
                "less than %d MiB of memory are available".formatted(RESERVED_MEMORY >> 20),
                "memory is available");
    }

    private NodeCondition network() {
        List<String> missing = unreachable.get();
        return NodeCondition.newBuilder()
                .setType("NetworkUnavailable")
                .setActive(!missing.isEmpty())
                .setReason(missing.isEmpty() ? "RoutesSet" : "NoRoute")
                .setMessage(
                        missing.isEmpty()
                                ? "the pods of every node can be reached"
                                : "pods of other nodes can't be reached from here: " + String.join("; ", missing))
                .build();
    }

    private static NodeCondition condition(String type, boolean active, String why, String whyNot) {
        return NodeCondition.newBuilder()
                .setType(type)
                .setActive(active)
                .setReason(active ? type : "No" + type)
                .setMessage(active ? why : whyNot)
                .build();
    }
}
