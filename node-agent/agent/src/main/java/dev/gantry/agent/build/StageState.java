package dev.gantry.agent.build;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.agent.image.ImageConfig;
import dev.gantry.agent.image.Layer;
import dev.gantry.agent.image.OciImage;
import dev.gantry.common.image.Digest;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a stage has become so far: its layers and its configuration. Belongs to the stage's thread; finished stages are copied, not shared. */
final class StageState {
    static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    static final List<String> DEFAULT_SHELL = List.of("/bin/sh", "-c");

    /** The lowest first. */
    final List<Layer> layers = new ArrayList<>();

    final List<OciImage.History> history = new ArrayList<>();
    final Map<String, String> environment = new LinkedHashMap<>();
    final Map<String, String> arguments = new TreeMap<>();
    final TreeSet<String> ports = new TreeSet<>();
    final TreeSet<String> volumes = new TreeSet<>();
    final Map<String, String> labels = new TreeMap<>();
    final List<String> onBuild = new ArrayList<>();
    List<String> entrypoint = List.of();
    List<String> command = List.of();
    List<String> shell = DEFAULT_SHELL;
    String user = "";
    String workingDirectory = "";
    String stopSignal = "";
    String author = "";

    @Nullable
    JsonNode healthcheck;

    Instant created = Instant.EPOCH;
    boolean commandIsOwn;

    static StageState of(OciImage image, List<Layer> layers) {
        StageState state = new StageState();
        ImageConfig config = image.config();
        state.layers.addAll(layers);
        state.history.addAll(image.history());
        config.environment().forEach(pair -> {
            int equals = pair.indexOf('=');
            state.environment.put(
                    equals < 0 ? pair : pair.substring(0, equals), equals < 0 ? "" : pair.substring(equals + 1));
        });
        state.ports.addAll(config.exposedPorts());
        state.volumes.addAll(config.volumes());
        state.labels.putAll(config.labels());
        state.onBuild.addAll(image.onBuild());
        state.entrypoint = config.entrypoint();
        state.command = config.command();
        state.shell = image.shell().isEmpty() ? DEFAULT_SHELL : image.shell();
        state.user = config.user();
        state.workingDirectory = config.workingDirectory();
        state.stopSignal = config.stopSignal();
        state.author = image.author();
        state.healthcheck = image.healthcheck();
        state.created = image.created();
        return state;
    }

    /** What the next stage begins with: everything but what belongs to this stage's Dockerfile lines. */
    StageState next() {
        return of(toImage(), layers);
    }

    OciImage toImage() {
        ImageConfig config = new ImageConfig(
                user,
                workingDirectory,
                environment.entrySet().stream()
                        .map(e -> e.getKey() + "=" + e.getValue())
                        .toList(),
                entrypoint,
                command,
                new TreeSet<>(ports),
                new TreeSet<>(volumes),
                labels,
                stopSignal);
        return new OciImage(
                config,
                created,
                author,
                shell.equals(DEFAULT_SHELL) ? List.of() : shell,
                onBuild,
                healthcheck,
                layers.stream().map(Layer::diffId).toList(),
                history);
    }

    /** Adds a step's layer, or none when it changed no file. */
    void addStep(@Nullable Layer layer, String createdBy) {
        if (layer != null) {
            layers.add(layer);
            created = layer.latest().isAfter(created) ? layer.latest() : created;
        }
        history.add(new OciImage.History(created, createdBy, layer == null));
    }

    /** Directories of the layers, the top one first. */
    List<Path> directories() {
        return layers.reversed().stream().map(Layer::directory).toList();
    }

    /** Names exactly these layers in this order (OCI image specification, "ChainID", in spirit). */
    String chain() {
        StringBuilder chain = new StringBuilder();
        for (Layer layer : layers) {
            chain.append(layer.diffId()).append('\n');
        }
        return Digest.of(chain.toString()).toString();
    }

    /** The value that a variable has in the Dockerfile: ENV before ARG. */
    Optional<String> variable(String name) {
        return Optional.ofNullable(environment.getOrDefault(name, arguments.get(name)));
    }

    /** What a command of RUN finds in its environment. */
    Map<String, String> commandEnvironment() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("PATH", DEFAULT_PATH);
        all.putAll(arguments);
        all.putAll(environment);
        return all;
    }
}
