package dev.gantry.cli.cluster;

import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Kubeconfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "up",
        description = "Start a cluster on this machine: a control plane and an agent. Returns when the node is Ready.")
public final class UpCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private Options options = new Options();

    @Option(
            names = "--foreground",
            description = "Stay, show the logs, and stop the processes (not the containers) at Ctrl-C.")
    private boolean foreground;

    public UpCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        Optional<ClusterSettings> kept = ClusterSettings.load(options.directories.state());
        if (kept.isPresent() && !kept.get().controlPlane()) {
            LocalCluster local = startNode(kept.get());
            if (foreground) {
                stay(local);
            }
            return 0;
        }
        LocalCluster local = start(options, console);
        console.line("  kubeconfig  %s", options.directories.kubeconfig());
        console.line("  logs        %s", options.directories.log("any").getParent());
        console.line("  next        gantry get nodes; gantry build -t web:1 FOLDER; gantry apply -f FILE");
        if (foreground) {
            stay(local);
        }
        return 0;
    }

    /** Of a host that has joined another's cluster. */
    private LocalCluster startNode(ClusterSettings kept) throws InterruptedException {
        Preflight.requireRoot("up");
        options.refuseClusterFlags(kept);
        LocalCluster local = new LocalCluster(options.directories, new Installation(), console);
        if (!local.joined()) {
            throw options.notAlone(kept);
        }
        new Preflight().tools("nft").check();
        local.startAgent(kept, "");
        local.awaitSession();
        console.line("node \"%s\" of the cluster at %s is up", kept.nodeName(), kept.joins());
        return local;
    }

    /** Starts what is not running yet; returns when the node is Ready. */
    public static LocalCluster start(Options options, Console console) throws InterruptedException {
        Preflight.requireRoot("up");
        ClusterSettings settings = options.settings();
        LocalCluster local = new LocalCluster(options.directories, new Installation(), console);
        local.start(settings, options.token);
        console.line("the cluster is up: node \"%s\" is Ready", settings.nodeName());
        return local;
    }

    static String hostName() {
        try {
            String name = InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
            return name.replaceAll("[^a-z0-9.-]", "-");
        } catch (UnknownHostException e) {
            return "node-1";
        }
    }

    private void stay(LocalCluster local) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            console.note("stopping the control plane and the agent; containers run on");
                            local.stopProcesses(Duration.ofSeconds(20));
                        },
                        "stop"));
        local.followLogs();
        never.await();
    }

    /** What a cluster on this machine is made of: options of {@code up} and of {@code quickstart}. */
    public static final class Options {
        @Mixin
        private Directories directories = new Directories();

        @Option(names = "--port", paramLabel = "PORT", description = "Port of the API (default 6443).")
        private @Nullable Integer port;

        @Option(
                names = "--join",
                paramLabel = "HOST:PORT",
                description = "Become a further control plane of this cluster, and a node of it.")
        private @Nullable String join;

        @Option(
                names = "--token",
                paramLabel = "TOKEN",
                description = "With --join: from 'gantry token create --control-plane'.")
        private @Nullable String token;

        @Option(
                names = "--advertise",
                paramLabel = "HOST",
                description =
                        "Name or address at which other hosts reach the API (default: this host's first address).")
        private @Nullable String advertise;

        @Option(
                names = "--node-name",
                paramLabel = "NAME",
                description = "Name of this node (default: the host's name).")
        private @Nullable String nodeName;

        @Option(names = "--pod-range", paramLabel = "CIDR", description = "Addresses of pods (default 10.244.0.0/16).")
        private @Nullable String podRange;

        @Option(
                names = "--service-range",
                paramLabel = "CIDR",
                description = "Addresses of services (default 10.96.0.0/16).")
        private @Nullable String serviceRange;

        @Option(
                names = "--node-ports",
                paramLabel = "FIRST-LAST",
                description = "Ports for services on every node (default 30000-32767).")
        private @Nullable String nodePorts;

        @Option(
                names = "--zookeeper",
                paramLabel = "HOST:PORT,…",
                description = "An ensemble of your own instead of the embedded server.")
        private @Nullable String zookeeper;

        @Option(
                names = "--cgroup",
                paramLabel = "NAME",
                description = "Name of the tree beneath which containers are limited (default gantry).")
        private @Nullable String cgroup;

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Show this help.")
        private boolean help;

        public Directories directories() {
            return directories;
        }

        /** As the cluster's administrator. */
        public ApiClient connect() {
            return new ApiClient(Kubeconfig.find(directories.kubeconfig()));
        }

        private ClusterSettings settings() {
            ClusterSettings kept = ClusterSettings.load(directories.state())
                    .orElseGet(() -> new ClusterSettings(
                            true,
                            "",
                            "",
                            "",
                            6443,
                            hostName(),
                            "10.244.0.0/16",
                            "10.96.0.0/16",
                            "30000-32767",
                            "",
                            "gantry"));
            if (!kept.controlPlane()) {
                throw notAlone(kept);
            }
            int chosen = port == null ? kept.port() : port;
            return new ClusterSettings(
                    true,
                    "127.0.0.1:" + chosen,
                    advertise == null ? kept.advertise() : advertise,
                    joins(kept),
                    chosen,
                    fixed("--node-name", nodeName, kept.nodeName()),
                    fixed("--pod-range", podRange, kept.podRange()),
                    fixed("--service-range", serviceRange, kept.serviceRange()),
                    nodePorts == null ? kept.nodePorts() : nodePorts,
                    zookeeper == null ? kept.zookeeper() : zookeeper,
                    fixed("--cgroup", cgroup, kept.cgroup()));
        }

        /** Of the control plane that this one joins, or has joined. */
        private String joins(ClusterSettings kept) {
            boolean first = ClusterSettings.load(directories.state()).isEmpty();
            if (join == null) {
                if (token != null) {
                    throw new Failure("--token goes with --join: say which cluster it is of");
                }
                return kept.cluster();
            }
            if (!first && !kept.cluster().equals(join)) {
                throw new Failure(
                        kept.cluster().isEmpty()
                                ? "--join %s: this host has a cluster of its own. 'gantry down --purge' removes it"
                                        .formatted(join)
                                : "--join %s: this control plane has joined at %s. 'gantry down --purge' removes it"
                                        .formatted(join, kept.cluster()));
            }
            if (first && token == null) {
                throw new Failure(
                        "--join needs --token: make one with 'gantry token create --control-plane' where the cluster is");
            }
            List<String> theirs = Stream.of(podRange, serviceRange, nodePorts, zookeeper)
                    .filter(Objects::nonNull)
                    .toList();
            if (!theirs.isEmpty()) {
                throw new Failure("%s can't be chosen with --join: the cluster has decided it"
                        .formatted(String.join(", ", theirs)));
            }
            return join;
        }

        private Failure notAlone(ClusterSettings kept) {
            return new Failure(
                    "this host has joined the cluster at %s: 'gantry up' starts its agent, 'gantry node reset' frees it"
                            .formatted(kept.joins()));
        }

        /** What is said about a cluster is its control plane's to know. */
        private void refuseClusterFlags(ClusterSettings kept) {
            boolean given = Stream.of(port, join, token, advertise, podRange, serviceRange, nodePorts, zookeeper)
                    .anyMatch(Objects::nonNull);
            if (given) {
                throw notAlone(kept);
            }
            fixed("--node-name", nodeName, kept.nodeName());
            fixed("--cgroup", cgroup, kept.cgroup());
        }

        private String fixed(String flag, @Nullable String given, String kept) {
            boolean first = ClusterSettings.load(directories.state()).isEmpty();
            if (given != null && !first && !given.equals(kept)) {
                throw new Failure(
                        "%s %s: this cluster was made with %s, which can't change. 'gantry down --purge' removes it"
                                .formatted(flag, given, kept));
            }
            return given == null ? kept : given;
        }
    }
}
