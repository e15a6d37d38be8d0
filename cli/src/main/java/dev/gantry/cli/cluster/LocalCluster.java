package dev.gantry.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import dev.gantry.cli.api.Kubeconfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The processes of this host: starting them in order, each awaited, and stopping them. */
public final class LocalCluster {
    private static final Duration START_DEADLINE = Duration.ofSeconds(60);
    private static final Duration ORPHAN_PATIENCE = Duration.ofSeconds(20);
    private static final int LAST_LINES = 5;
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private final Directories directories;
    private final Installation installation;
    private final Console console;
    private final SupervisedProcess controlPlane;
    private final SupervisedProcess agent;

    LocalCluster(Directories directories, Installation installation, Console console) {
        this.directories = directories;
        this.installation = installation;
        this.console = console;
        this.controlPlane = new SupervisedProcess(Installation.CONTROL_PLANE, directories);
        this.agent = new SupervisedProcess(Installation.AGENT, directories);
    }

    SupervisedProcess controlPlane() {
        return controlPlane;
    }

    SupervisedProcess agent() {
        return agent;
    }

    /**
     * Starts what is not running yet, and returns when the node is Ready.
     *
     * @param joinToken with which the control plane joins others; null when it has joined, or is the first
     */
    void start(ClusterSettings settings, @Nullable String joinToken) throws InterruptedException {
        controlPlane.stopOrphan(ORPHAN_PATIENCE);
        agent.stopOrphan(ORPHAN_PATIENCE);
        Preflight preflight = new Preflight().tools("nft").settings(settings);
        if (!settings.cluster().isEmpty()) {
            preflight.address("--join", settings.cluster(), "10.0.0.1:6443");
        }
        if (joinToken != null) {
            preflight.joinToken(joinToken);
        }
        if (!controlPlane.running()) {
            preflight.portFree(settings.port());
        }
        if (!agent.running() && settings.cluster().isEmpty()) {
            preflight.rangesFree(directories, settings);
        }
        preflight.check();
        settings.save(directories.state());
        if (!controlPlane.running()) {
            console.note("starting the control plane");
            List<String> arguments = controlPlaneArguments(settings);
            if (joinToken != null && !settings.cluster().isEmpty()) {
                arguments.addAll(List.of(
                        "--join",
                        settings.cluster(),
                        "--join-token-file",
                        writeToken("control-plane-token", joinToken).toString()));
            }
            controlPlane.start(installation, arguments);
        }
        await(controlPlane, "the API answers", this::apiReady);
        try (ApiClient client = new ApiClient(Kubeconfig.find(directories.kubeconfig()))) {
            startAgent(settings, joined() ? "" : TokenCommand.create(client, Duration.ofHours(1), 1));
            await(
                    agent,
                    "node \"%s\" is Ready".formatted(settings.nodeName()),
                    () -> agentSession().isOpen() && nodeReady(client, settings.nodeName()));
        }
    }

    /** Starts the agent only; {@code token} is empty when this host has joined before. */
    void startAgent(ClusterSettings settings, String token) throws InterruptedException {
        if (agent.running()) {
            return;
        }
        console.note("starting the agent");
        AgentSession.forget(directories);
        List<String> arguments = new ArrayList<>(List.of(
                "run",
                "--state",
                directories.state().resolve("agent").toString(),
                "--run",
                directories.run().resolve("agent").toString(),
                "--node-name",
                settings.nodeName(),
                "--control-plane",
                settings.joins(),
                "--cgroup",
                settings.cgroup()));
        if (!token.isEmpty()) {
            arguments.add("--join-token-file");
            arguments.add(writeToken("join-token", token).toString());
        }
        agent.start(installation, arguments);
    }

    AgentSession agentSession() {
        return AgentSession.read(directories);
    }

    boolean joined() {
        return Files.exists(directories.state().resolve("agent").resolve("identity"));
    }

    /** Waits until the control plane has taken this host for a node: its identity is on disk and its session open. */
    void awaitSession() throws InterruptedException {
        await(
                agent,
                "it has a session with the control plane",
                () -> joined() && agentSession().isOpen());
    }

    void stopProcesses(Duration patience) {
        agent.stop(patience);
        controlPlane.stop(patience);
    }

    /**
     * Stops every container of this host and removes all that the agent has set up on it. Works whatever has been killed before.
     *
     * @param forgetCluster also what the agent knows of the cluster and its pods
     */
    void tearDownNode(boolean forgetCluster) throws InterruptedException {
        if (!Files.isDirectory(directories.state().resolve("agent"))
                && !Files.isDirectory(directories.run().resolve("agent"))) {
            return;
        }
        String cgroup = ClusterSettings.load(directories.state())
                .map(ClusterSettings::cgroup)
                .orElse("gantry");
        List<String> arguments = new ArrayList<>(List.of(
                "tear-down",
                "--cgroup",
                cgroup,
                "--state",
                directories.state().resolve("agent").toString(),
                "--run",
                directories.run().resolve("agent").toString()));
        if (forgetCluster) {
            arguments.add("--forget-cluster");
        }
        Installation.run(
                installation.command(Installation.AGENT, directories.log(Installation.AGENT), arguments),
                "stopping the containers of this host (log: %s)".formatted(directories.log(Installation.AGENT)));
    }

    /** Copies new lines of both logs to the terminal from now on, on threads that end with the process. */
    void followLogs() {
        for (SupervisedProcess process : List.of(controlPlane, agent)) {
            Thread.ofPlatform().daemon().name("log-" + process.name()).start(() -> follow(process.name()));
        }
    }

    private void follow(String name) {
        try (LogTail tail = LogTail.fromEnd(directories.log(name))) {
            while (true) {
                for (String line : tail.poll()) {
                    console.line("%s | %s", name, line);
                }
                Thread.sleep(LOOK_AGAIN);
            }
        } catch (IOException e) {
            console.note("gantry: the log of the %s can't be read: %s", name, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> controlPlaneArguments(ClusterSettings settings) {
        List<String> arguments = new ArrayList<>(List.of(
                "--state", directories.state().resolve("control-plane").toString(),
                "--kubeconfig", directories.kubeconfig().toString(),
                "--port", Integer.toString(settings.port()),
                "--pod-range", settings.podRange(),
                "--service-range", settings.serviceRange(),
                "--node-ports", settings.nodePorts()));
        if (!settings.advertise().isEmpty()) {
            arguments.addAll(List.of("--advertise", settings.advertise()));
        }
        if (!settings.zookeeper().isEmpty()) {
            arguments.addAll(List.of("--zookeeper", settings.zookeeper()));
        }
        return arguments;
    }

    private boolean apiReady() {
        if (!Files.exists(directories.kubeconfig())) {
            return false;
        }
        try (ApiClient client = new ApiClient(Kubeconfig.find(directories.kubeconfig()))) {
            client.get("/api/v1/namespaces/default");
            return true;
        } catch (ApiFailure | Failure e) {
            return false;
        }
    }

    static boolean nodeReady(ApiClient client, String name) {
        try {
            for (JsonNode condition :
                    client.get("/api/v1/nodes/" + ApiClient.encode(name)).at("/status/conditions")) {
                if (condition.path("type").asText().equals("Ready")) {
                    return condition.path("status").asText().equals("True");
                }
            }
            return false;
        } catch (ApiFailure e) {
            return false;
        }
    }

    private Path writeToken(String name, String token) {
        Path file = directories.run().resolve(name);
        try {
            Files.createDirectories(directories.run());
            Files.deleteIfExists(file);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, token);
            return file;
        } catch (IOException e) {
            throw new Failure("cannot write %s: %s".formatted(file, e.getMessage()), e);
        }
    }

    private void await(SupervisedProcess process, String what, BooleanSupplier done) throws InterruptedException {
        Instant deadline = Instant.now().plus(START_DEADLINE);
        while (!done.getAsBoolean()) {
            if (process.failed()) {
                throw new Failure("the %s cannot start:\n%s".formatted(process.name(), lastWords(process)));
            }
            if (process == agent && agentSession().isForeign()) {
                throw new Failure("the agent has no session: " + agentSession().problem());
            }
            if (Instant.now().isAfter(deadline)) {
                throw new Failure("the %s runs, but after %d s it is not so that %s. Its log, %s, ends with:\n%s"
                        .formatted(
                                process.name(),
                                START_DEADLINE.toSeconds(),
                                what,
                                directories.log(process.name()),
                                Installation.tail(directories.log(process.name()), LAST_LINES)));
            }
            Thread.sleep(LOOK_AGAIN);
        }
    }

    private static String lastWords(SupervisedProcess process) {
        return Installation.tail(process.consoleLog(), LAST_LINES);
    }
}
