package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.dns.ClusterNames;
import dev.gantry.agent.network.dns.DnsServer;
import dev.gantry.agent.network.dns.HostResolver;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.linux.netlink.Ipv4;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network of a Linux host, over rtnetlink and nftables. Takes over what an earlier agent has left: its pods' ports at once, its services as they are
 * in the kernel until the next table.
 *
 * <p>{@link #apply} only hands over: one thread brings the newest table to the kernel, and tries again each second while the kernel refuses.
 */
public final class LinuxNodeNetwork implements NodeNetwork, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LinuxNodeNetwork.class);
    private static final CrashPoint HOST_RECORDED = CrashPoint.of("network.host-recorded");
    private static final CrashPoint HOST_SET_UP = CrashPoint.of("network.host-set-up");
    private static final CrashPoint TABLES_REMOVED = CrashPoint.of("network.tables-removed");
    private static final CrashPoint HOST_RESTORED = CrashPoint.of("network.host-restored");
    private static final long RETRY_SECONDS = 1;
    /** The kernel drops the routes of a link that goes down, and doesn't bring them back. */
    private static final long ROUTE_SECONDS = 5;

    private static final long STOP_SECONDS = 10;

    private final NetworkConfig config;
    private final NetworkNamespace host;
    private final HostLinks links;
    private final KernelTables tables;
    private final PodRecords podRecords;
    private final ServiceTableFile tableFile;
    private final ClusterNames names;
    private final DnsServer dns;
    private final List<Hook> configuredHooks = new ArrayList<>();
    private final List<Hook> tearDownHooks = new ArrayList<>();
    private final AtomicReference<@Nullable Pending> pending = new AtomicReference<>();
    private final ScheduledExecutorService applier = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("network-services").daemon().factory());
    private volatile @Nullable Settings settings;
    private volatile @Nullable List<Peer> peers;
    private volatile List<String> unreachable = List.of();
    private volatile int mtu;
    private volatile boolean closing;

    interface Hook {
        void run() throws IOException;
    }

    private record Pending(ServiceTable table, LongConsumer applied) {}

    /**
     * @param host the host's network namespace: {@link NetworkNamespace#ofProcess} but in tests; not closed by this
     * @throws IOException naming a state file that can't be read
     */
    public LinuxNodeNetwork(NetworkConfig config, NetworkNamespace host) throws IOException {
        this.config = requireNonNull(config, "config is null");
        this.host = requireNonNull(host, "host is null");
        this.links = new HostLinks(host, config.gateway());
        this.tables = new KernelTables(host);
        this.podRecords = PodRecords.load(config.stateDirectory().resolve("pods"));
        this.tableFile = new ServiceTableFile(config.stateDirectory());
        this.names = new ClusterNames();
        this.dns = new DnsServer(
                names, new HostResolver(host, config.resolverConfiguration(), List.of(config.gateway())), host);
        List<Service> services = recallServices();
        tables.recall(podRecords.all(), services);
        names.services(services);
    }

    private List<Service> recallServices() {
        try {
            return tableFile.read().map(ServiceTable::services).orElse(List.of());
        } catch (IOException e) {
            log.warn("The last service table can't be read; services are known again with the next one", e);
            return List.of();
        }
    }

    @Override
    public synchronized void configure(Settings wanted) throws IOException {
        if (wanted.equals(settings)) {
            return;
        }
        AddressRange pods = parse("pod range of this node", wanted.podRange());
        AddressRange cluster = parse("range of all pods (" + RangeCheck.POD_FLAG + ")", wanted.clusterPodRange());
        AddressRange services = parse("range of services (" + RangeCheck.SERVICE_FLAG + ")", wanted.serviceRange());
        links.check(cluster, services);
        Optional<HostRecord> earlier = HostRecord.read(config.stateDirectory());
        Map<String, String> before = earlier.isPresent() ? earlier.get().sysctlsBefore() : links.sysctls();
        new HostRecord(wanted, before).write(config.stateDirectory());
        HOST_RECORDED.reach();
        links.setUp(services);
        HOST_SET_UP.reach();
        mtu = links.mtu();
        tables.load(
                new Ruleset(pods, cluster, services, wanted.dnsServiceAddress(), config.gateway(), !before.isEmpty()));
        names.configure(wanted.clusterDomain(), wanted.clusterPodRange(), wanted.serviceRange());
        dns.start(dnsAddress());
        settings = wanted;
        for (Hook hook : configuredHooks) {
            hook.run();
        }
        applier.execute(this::routeToPeers);
        applier.execute(this::applyPending);
    }

    /** Sets up the network as the last settings in this boot had it, before the control plane is asked. Nothing without any. */
    public void resume() throws IOException {
        Optional<HostRecord> earlier = HostRecord.read(config.stateDirectory());
        if (earlier.isPresent()) {
            configure(earlier.get().settings());
        }
    }

    private static AddressRange parse(String what, String range) throws IOException {
        try {
            return AddressRange.parse(range);
        } catch (IllegalArgumentException e) {
            throw new IOException("The %s is wrong: %s".formatted(what, e.getMessage()), e);
        }
    }

    @Override
    public void route(List<Peer> all) {
        boolean first = peers == null;
        peers = List.copyOf(all);
        if (first) {
            applier.scheduleWithFixedDelay(this::routeToPeers, 0, ROUTE_SECONDS, TimeUnit.SECONDS);
        } else {
            applier.execute(this::routeToPeers);
        }
    }

    @Override
    public List<String> unreachable() {
        return unreachable;
    }

    /** Idempotent. What the kernel refuses is tried again with the next look. */
    private void routeToPeers() {
        Settings current = settings;
        List<Peer> wanted = peers;
        if (current == null || wanted == null || closing) {
            return;
        }
        try {
            List<String> missing = links.route(
                    wanted, AddressRange.parse(current.podRange()), AddressRange.parse(current.clusterPodRange()));
            if (!missing.equals(unreachable)) {
                unreachable = missing;
                log.info("Nodes whose pods can't be reached from here: {}", missing);
            }
        } catch (IOException e) {
            log.warn("The routes to other nodes' pods could not all be set; trying again in {} s", ROUTE_SECONDS, e);
        }
    }

    @Override
    public void apply(ServiceTable table, LongConsumer applied) {
        requireNonNull(table, "table is null");
        pending.set(new Pending(table, requireNonNull(applied, "applied is null")));
        applier.execute(this::applyPending);
    }

    /** Takes the newest table; those that came between are never seen by the kernel. */
    private void applyPending() {
        Pending next = pending.get();
        if (next == null || settings == null || closing) {
            return;
        }
        try {
            tables.apply(next.table().services());
        } catch (IOException e) {
            log.warn(
                    "Service table {} could not be written to the kernel; trying again in {} s",
                    next.table().revision(),
                    RETRY_SECONDS,
                    e);
            retryLater();
            return;
        }
        names.services(next.table().services());
        next.applied().accept(next.table().revision());
        if (pending.compareAndSet(next, null)) {
            remember(next.table());
        }
    }

    private void retryLater() {
        try {
            applier.schedule(this::applyPending, RETRY_SECONDS, TimeUnit.SECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("Not tried again: this agent stops", e);
        }
    }

    private void remember(ServiceTable table) {
        try {
            tableFile.write(table);
        } catch (IOException e) {
            log.warn("Service table {} could not be kept for the agent's next start", table.revision(), e);
        }
    }

    @Override
    public InetAddress dnsAddress() {
        try {
            return InetAddress.getByAddress(Ipv4.parse(config.gateway()));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Four bytes are always an address", e);
        }
    }

    /** Also works in an agent that has not been configured, from what an earlier one has written. Pods lose their networks. */
    @Override
    public synchronized void tearDown() throws IOException {
        pending.set(null);
        peers = null;
        for (Hook hook : tearDownHooks) {
            hook.run();
        }
        dns.stop();
        tables.remove();
        TABLES_REMOVED.reach();
        links.tearDown(HostRecord.read(config.stateDirectory())
                .map(HostRecord::sysctlsBefore)
                .orElse(Map.of()));
        HOST_RESTORED.reach();
        tableFile.delete();
        HostRecord.delete(config.stateDirectory());
        names.services(List.of());
        settings = null;
    }

    /** Stops the threads and DNS of this agent. Pods and services stay as they are. */
    @Override
    public void close() {
        closing = true;
        applier.shutdown();
        try {
            if (!applier.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                log.warn("The thread that writes services has not stopped");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        dns.stop();
        tables.close();
    }

    NetworkConfig config() {
        return config;
    }

    NetworkNamespace host() {
        return host;
    }

    KernelTables tables() {
        return tables;
    }

    PodRecords podRecords() {
        return podRecords;
    }

    /** @throws IOException before the first {@link #configure} */
    AddressRange podRange() throws IOException {
        Settings current = settings;
        if (current == null) {
            throw new IOException(
                    "This node has no range of pod addresses yet: it has not had its settings from the control plane");
        }
        return AddressRange.parse(current.podRange());
    }

    int mtu() throws IOException {
        podRange();
        return mtu;
    }

    /** Runs after each change of settings. */
    synchronized void onConfigured(Hook hook) {
        configuredHooks.add(hook);
    }

    /** Runs first of all in {@link #tearDown}. */
    synchronized void onTearDown(Hook hook) {
        tearDownHooks.add(hook);
    }
}
