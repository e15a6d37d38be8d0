package dev.gantry.cli.cluster;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.VerbGroup;
import dev.gantry.cli.api.ApiClient;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "node", description = "Hosts of the cluster: join, reset, cordon, uncordon.")
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
                .orElse(new ClusterSettings(false, controlPlane, 0, UpCommand.hostName(), "", "", "", "", "gantry"));
        if (local.joined() && !kept.controlPlane() && !kept.joins().equals(controlPlane)) {
            throw new Failure("this host has joined the cluster at %s: 'gantry node reset' frees it first"
                    .formatted(kept.joins()));
        }
        ClusterSettings settings = new ClusterSettings(
                kept.controlPlane(),
                controlPlane,
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
        console.line("this host belongs to no cluster: 'gantry up' or 'gantry node join' make it a node again");
        return 0;
    }

    @Command(name = "cordon", description = "Let no new pods come to a node.")
    int cordon(@Mixin ClusterOptions options, @Parameters(paramLabel = "NODE") String node) {
        return unschedulable(options, node, true, "cordoned");
    }

    @Command(name = "uncordon", description = "Let pods come to a node again.")
    int uncordon(@Mixin ClusterOptions options, @Parameters(paramLabel = "NODE") String node) {
        return unschedulable(options, node, false, "uncordoned");
    }

    private int unschedulable(ClusterOptions options, String node, boolean value, String done) {
        try (ApiClient client = options.connect()) {
            ObjectNode patch = JsonNodeFactory.instance.objectNode();
            patch.withObject("spec").put("unschedulable", value);
            client.patch("/api/v1/nodes/" + ApiClient.encode(node), ApiClient.MERGE_PATCH, patch);
            console.line("node/%s %s", node, done);
            return 0;
        }
    }
}
