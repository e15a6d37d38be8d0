package dev.gantry.cli.cluster;

import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.VerbGroup;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.node.Drain;
import dev.gantry.cli.node.NodeCare;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "node", description = "Hosts of the cluster: join, reset, cordon, uncordon, drain, fence, unfence.")
public final class NodeCommand extends VerbGroup {
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(30);

    public NodeCommand(Console console) {
        super(console);
    }

    @Command(name = "join", description = "Make this host a node of a cluster.")
    int join(
            @Mixin Directories directories,
            @Option(
                            names = "--control-plane",
                            required = true,
                            paramLabel = "HOST:PORT",
                            description = "Where the control plane answers.")
                    String controlPlane,
            @Option(
                            names = "--token",
                            required = true,
                            paramLabel = "TOKEN",
                            description = "From 'gantry token create'.")
                    String token,
            @Option(
                            names = "--node-name",
                            paramLabel = "NAME",
                            description = "Name of this node (default: the host's name).")
                    @Nullable
                    String nodeName,
            @Option(
                            names = "--cgroup",
                            paramLabel = "NAME",
                            description = "Name of the tree beneath which containers are limited (default gantry).")
                    @Nullable
                    String cgroup)
            throws InterruptedException {
        Preflight.requireRoot("node join");
        LocalCluster local = new LocalCluster(directories, new Installation(), console);
        boolean first = !local.joined();
        boolean known = ClusterSettings.load(directories.state()).isPresent();
        ClusterSettings kept = ClusterSettings.load(directories.state())
                .orElse(new ClusterSettings(
                        false, controlPlane, "", "", 0, UpCommand.hostName(), "", "", "", "", "gantry"));
        if (local.joined() && !kept.controlPlane() && !kept.joins().equals(controlPlane)) {
            throw new Failure("this host has joined the cluster at %s: 'gantry node reset' frees it first"
                    .formatted(kept.joins()));
        }
        ClusterSettings settings = new ClusterSettings(
                kept.controlPlane(),
                controlPlane,
                kept.advertise(),
                kept.cluster(),
                kept.port(),
                nodeName == null ? kept.nodeName() : nodeName,
                kept.podRange(),
                kept.serviceRange(),
                kept.nodePorts(),
                kept.zookeeper(),
                cgroup == null ? kept.cgroup() : cgroup);
        new Preflight()
                .tools("nft")
                .nodeName(settings.nodeName())
                .address("--control-plane", controlPlane, "10.0.0.1:6443")
                .joinToken(token)
                .check();
        settings.save(directories.state());
        try {
            local.startAgent(settings, first ? token : "");
            local.awaitSession();
        } catch (Failure e) {
            if (first && !local.joined()) {
                local.agent().stop(STOP_PATIENCE);
                local.tearDownNode(true);
                if (!known) {
                    ClusterSettings.forget(directories.state());
                }
            }
            throw e;
        }
        console.line("this host has joined as \"%s\"", settings.nodeName());
        return 0;
    }

    @Command(
            name = "reset",
            description = "Stop this host's containers and forget the cluster that it belongs to. Images are kept.")
    int reset(@Mixin Directories directories) throws InterruptedException {
        Preflight.requireRoot("node reset");
        LocalCluster local = new LocalCluster(directories, new Installation(), console);
        local.agent().stop(STOP_PATIENCE);
        local.tearDownNode(true);
        if (ClusterSettings.load(directories.state())
                .filter(settings -> !settings.controlPlane())
                .isPresent()) {
            ClusterSettings.forget(directories.state());
        }
        console.line("this host belongs to no cluster: 'gantry up' or 'gantry node join' make it a node again");
        return 0;
    }

    @Command(name = "cordon", description = "Let no new pods come to a node.")
    int cordon(@Mixin ClusterOptions options, @Parameters(paramLabel = "NODE") String node) {
        return change(options, node, care -> care.schedulable(false), "cordoned");
    }

    @Command(name = "uncordon", description = "Let pods come to a node again.")
    int uncordon(@Mixin ClusterOptions options, @Parameters(paramLabel = "NODE") String node) {
        return change(options, node, care -> care.schedulable(true), "uncordoned");
    }

    @Command(
            name = "drain",
            description =
                    "Cordon a node, evict its pods, and wait until they are gone. Their controllers start others.")
    int drain(
            @Mixin ClusterOptions options,
            @Parameters(paramLabel = "NODE") String node,
            @Option(names = "--force", description = "Also pods that have no controller to start them elsewhere.")
                    boolean force,
            @Option(
                            names = "--delete-emptydir-data",
                            description = "Also pods with emptyDir volumes, whose data go with them.")
                    boolean deleteEmptyDirData,
            @Option(
                            names = "--grace-period",
                            paramLabel = "DURATION",
                            description = "For each pod to end, instead of its own.")
                    @Nullable
                    Duration grace,
            @Option(
                            names = "--timeout",
                            paramLabel = "DURATION",
                            defaultValue = "0s",
                            description = "Give up after this long (default: never).")
                    Duration timeout)
            throws InterruptedException {
        try (ApiClient client = options.connect()) {
            new Drain(client, console, node, new Drain.Options(force, deleteEmptyDirData, grace, timeout)).run();
            return 0;
        }
    }

    @Command(
            name = "fence",
            description =
                    "Say that a host that does not answer is off: pods that must not run twice are started elsewhere.")
    int fence(
            @Mixin ClusterOptions options,
            @Parameters(paramLabel = "NODE") String node,
            @Option(names = "--force", description = "Also a node that answers; its pods may then run twice.")
                    boolean force) {
        return change(options, node, care -> care.fence(force), "fenced");
    }

    @Command(name = "unfence", description = "Take a node back that was fenced.")
    int unfence(@Mixin ClusterOptions options, @Parameters(paramLabel = "NODE") String node) {
        return change(options, node, NodeCare::unfence, "unfenced");
    }

    private int change(ClusterOptions options, String node, Consumer<NodeCare> change, String done) {
        try (ApiClient client = options.connect()) {
            change.accept(new NodeCare(client, node));
            console.line("node/%s %s", node, done);
            return 0;
        }
    }
}
