package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.agent.network.PodNetwork.HostPort;
import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The pods that have, or are getting, a network, one file each, and the addresses they hold. Addresses are given in turn, so that one is not used again
 * while somebody may still know it as another pod's.
 */
final class PodRecords {
    private static final Pattern UID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final String SUFFIX = ".pod";

    private final Path directory;
    private final ObjectMapper json = new ObjectMapper();
    private final Map<String, PodRecord> records = new ConcurrentHashMap<>();
    private final Set<String> addresses = new HashSet<>();
    private long next = 1;

    private PodRecords(Path directory) {
        this.directory = requireNonNull(directory, "directory is null");
    }

    /** @throws IOException naming a file that can't be read */
    static PodRecords load(Path directory) throws IOException {
        PodRecords all = new PodRecords(directory);
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
                for (Path file : files) {
                    Optional<StateFile.Contents> contents = file(file).read();
                    if (contents.isPresent()) {
                        all.remember(all.json.readValue(contents.get().body(), PodRecord.class));
                    }
                }
            }
        }
        return all;
    }

    /** @throws IllegalArgumentException for a uid that could not be a file's name */
    static void checkUid(String podUid) {
        if (!UID.matcher(podUid).matches()) {
            throw new IllegalArgumentException(
                    "Not a pod uid: '%s', expected at most 63 letters, digits, '.', '_' and '-'"
                            .formatted(podUid.substring(0, Math.min(80, podUid.length()))));
        }
    }

    Optional<PodRecord> find(String podUid) {
        return Optional.ofNullable(records.get(podUid));
    }

    Collection<PodRecord> all() {
        return List.copyOf(records.values());
    }

    /**
     * Chooses an address for a new pod and writes its record.
     *
     * @throws IOException when the range has no address left, a host port is another pod's, or the record can't be written
     */
    synchronized PodRecord allocate(
            String podUid, AddressRange range, VethEnds ends, boolean userNamespace, List<HostPort> hostPorts)
            throws IOException {
        refuseTakenPorts(podUid, hostPorts);
        PodRecord pod = new PodRecord(
                podUid, freeAddress(range), ends.link(), ends.hardwareAddress(), userNamespace, hostPorts, false);
        write(pod);
        return pod;
    }

    private void refuseTakenPorts(String podUid, List<HostPort> wanted) throws IOException {
        for (PodRecord other : records.values()) {
            for (HostPort taken : other.hostPorts()) {
                for (HostPort port : wanted) {
                    if (!other.podUid().equals(podUid) && collide(taken, port)) {
                        throw new IOException("Host port %s/%s is in use by pod %s on this node"
                                .formatted(port.hostPort(), port.transport(), other.podUid()));
                    }
                }
            }
        }
    }

    private static boolean collide(HostPort one, HostPort other) {
        return one.hostPort() == other.hostPort()
                && one.transport() == other.transport()
                && (one.hostAddress().isEmpty()
                        || other.hostAddress().isEmpty()
                        || one.hostAddress().equals(other.hostAddress()));
    }

    /** The first and the last address of a range stay unused: programs take them for the network's and the broadcast address. */
    private String freeAddress(AddressRange range) throws IOException {
        long usable = range.size() - 2;
        for (long i = 0; i < usable; i++) {
            String address = range.address(1 + (next - 1 + i) % usable);
            if (!addresses.contains(address)) {
                next = (next + i) % usable + 1;
                return address;
            }
        }
        throw new IOException(
                "No pod address is left on this node: all %s of %s are in use".formatted(Math.max(usable, 0), range));
    }

    synchronized void write(PodRecord pod) throws IOException {
        file(directory.resolve(pod.podUid() + SUFFIX)).write(json.writeValueAsBytes(pod), Durability.PROCESS_CRASH);
        remember(pod);
    }

    synchronized void delete(PodRecord pod) throws IOException {
        file(directory.resolve(pod.podUid() + SUFFIX)).delete();
        records.remove(pod.podUid());
        addresses.remove(pod.address());
    }

    private void remember(PodRecord pod) {
        records.put(pod.podUid(), pod);
        addresses.add(pod.address());
    }

    private static StateFile file(Path path) {
        return new StateFile(path, "pod-network", 1, 1);
    }
}
