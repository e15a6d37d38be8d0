package dev.gantry.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * What {@code gantry up} was told, kept in the state directory so that later verbs need no flags again.
 *
 * @param controlPlane whether a control plane runs on this host
 * @param joins host:port of the control plane that the agent of this host joins
 * @param advertise name or address under which other hosts reach the control plane of this host; empty for the first address of this host
 * @param cluster host:port of a control plane of the cluster that the control plane of this host has joined; empty for the first of a cluster
 * @param podRange CIDR; of no meaning where the control plane has joined others
 * @param serviceRange CIDR
 * @param nodePorts first-last
 * @param zookeeper host:port,… of an external ensemble; empty for the embedded server
 * @param cgroup name of the agent's tree in the cgroup hierarchies: two agents on one machine need two
 */
record ClusterSettings(
        boolean controlPlane,
        String joins,
        String advertise,
        String cluster,
        int port,
        String nodeName,
        String podRange,
        String serviceRange,
        String nodePorts,
        String zookeeper,
        String cgroup) {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String FILE = "settings.json";
    private static final int VERSION = 1;

    /** Of the last {@code up} on this state directory. */
    static Optional<ClusterSettings> load(Path state) {
        Path file = state.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonNode json = MAPPER.readTree(file.toFile());
            if (json.path("version").asInt() != VERSION) {
                throw new Failure("%s has version %s, this gantry knows version %d: use the gantry that wrote it"
                        .formatted(file, json.path("version"), VERSION));
            }
            return Optional.of(new ClusterSettings(
                    json.path("controlPlane").asBoolean(),
                    json.path("joins").asText(),
                    json.path("advertise").asText(""),
                    json.path("cluster").asText(""),
                    json.path("port").asInt(),
                    json.path("nodeName").asText(),
                    json.path("podRange").asText(),
                    json.path("serviceRange").asText(),
                    json.path("nodePorts").asText(),
                    json.path("zookeeper").asText(),
                    json.path("cgroup").asText("gantry")));
        } catch (IOException e) {
            throw new Failure("cannot read %s: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** As if nothing had been started on this state directory. */
    static void forget(Path state) {
        try {
            Files.deleteIfExists(state.resolve(FILE));
        } catch (IOException e) {
            throw new Failure("cannot remove %s: %s".formatted(state.resolve(FILE), e.getMessage()), e);
        }
    }

    void save(Path state) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("version", VERSION);
        json.put("controlPlane", controlPlane);
        json.put("joins", joins);
        json.put("advertise", advertise);
        json.put("cluster", cluster);
        json.put("port", port);
        json.put("nodeName", nodeName);
        json.put("podRange", podRange);
        json.put("serviceRange", serviceRange);
        json.put("nodePorts", nodePorts);
        json.put("zookeeper", zookeeper);
        json.put("cgroup", cgroup);
        try {
            Files.createDirectories(state);
            Path part = state.resolve(FILE + ".part");
            Files.writeString(part, json.toPrettyString() + "\n");
            Files.move(part, state.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new Failure("cannot write to the state directory %s: %s".formatted(state, e), e);
        }
    }
}
