package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.linux.NamespaceHolder;
import dev.gantry.linux.NamespaceHolder.PodNamespaces;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Routed pod networking: a network namespace, a veth pair, a /32 and a host route for each pod.
 *
 * <p>The record of a pod is written before the kernel is asked for anything, and again when all is made. An agent that finds a record which is not
 * complete, or whose namespace or link has gone, starts that pod's network anew at the same address.
 */
public final class RoutedPodNetwork implements PodNetwork, AutoCloseable {
    private static final CrashPoint ALLOCATED = CrashPoint.of("network.address-allocated");
    private static final CrashPoint NAMESPACE_MADE = CrashPoint.of("network.namespace-made");
    private static final CrashPoint LINKED = CrashPoint.of("network.pod-linked");
    private static final CrashPoint PORTS_OPENED = CrashPoint.of("network.ports-opened");
    private static final CrashPoint ATTACHED = CrashPoint.of("network.attached");
    private static final CrashPoint PORTS_CLOSED = CrashPoint.of("network.ports-closed");
    private static final CrashPoint NAMESPACE_RELEASED = CrashPoint.of("network.namespace-released");

    /** A pod's work is done under the lock of its uid's hash. */
    private static final int LOCKS = 64;

    private final LinuxNodeNetwork node;
    private final NamespaceHolder holder;
    private final PodLink links;
    private final PodRecords records;
    private final NamespacePool pool;
    private final RandomGenerator random = new SecureRandom();
    private final List<ReentrantLock> locks =
            Stream.generate(ReentrantLock::new).limit(LOCKS).toList();
    private final ReentrantLock userBases = new ReentrantLock();

    /**
     * Takes over the pods of an earlier agent.
     *
     * @param node of the same host and configuration; pods can be attached once it has been configured, and leave when it is torn down
     */
    public RoutedPodNetwork(LinuxNodeNetwork node, NamespaceHolder holder) throws IOException {
        this.node = requireNonNull(node, "node is null");
        this.holder = requireNonNull(holder, "holder is null");
        this.links = new PodLink(node.host(), node.config().gateway());
        this.records = node.podRecords();
        this.pool = new NamespacePool(holder, links, random, node.config().poolSize());
        pool.releaseLeftovers();
        node.onConfigured(() -> pool.fill(node.mtu()));
        node.onTearDown(this::releaseAll);
    }

    @Override
    public Attachment attach(String podUid, boolean userNamespace, List<HostPort> hostPorts) throws IOException {
        PodRecords.checkUid(podUid);
        return locked(podUid, () -> {
            Optional<PodRecord> known = records.find(podUid);
            Optional<Attachment> whole = whole(known);
            if (whole.isPresent()) {
                return whole.get();
            }
            PodRecord pod = known.isPresent()
                    ? known.get()
                    : records.allocate(podUid, node.podRange(), VethEnds.random(random), userNamespace, hostPorts);
            ALLOCATED.reach();
            try {
                return build(pod);
            } catch (IOException e) {
                removeAfter(e, podUid);
                throw new IOException("The pod's network could not be made: " + e.getMessage(), e);
            }
        });
    }

    @Override
    public Optional<Attachment> find(String podUid) throws IOException {
        PodRecords.checkUid(podUid);
        return locked(podUid, () -> whole(records.find(podUid)));
    }

    private Optional<Attachment> whole(Optional<PodRecord> known) throws IOException {
        if (known.isEmpty() || !known.get().attached()) {
            return Optional.empty();
        }
        PodRecord pod = known.get();
        Optional<PodNamespaces> namespaces = holder.find(pod.podUid());
        return namespaces.isPresent() && links.exists(pod.ends())
                ? Optional.of(attachment(pod, namespaces.get()))
                : Optional.empty();
    }

    private Attachment build(PodRecord pod) throws IOException {
        holder.release(pod.podUid());
        int mtu = node.mtu();
        Optional<NamespacePool.Ready> ready = pod.userNamespace() ? Optional.empty() : pool.take(mtu);
        PodRecord wired = pod.wiredBy(ready.map(NamespacePool.Ready::ends).orElseGet(() -> VethEnds.random(random)));
        records.write(wired);
        PodNamespaces namespaces = ready.isPresent() ? holder.rename(ready.get().name(), pod.podUid()) : create(pod);
        NAMESPACE_MADE.reach();
        try (NetworkNamespace network = NetworkNamespace.open(Path.of(namespaces.networkPath()))) {
            if (ready.isEmpty()) {
                links.connect(network, wired.ends(), mtu);
            }
            links.address(network, wired.ends(), wired.address());
        }
        LINKED.reach();
        node.tables().addPod(wired);
        PORTS_OPENED.reach();
        records.write(wired.nowAttached());
        ATTACHED.reach();
        return attachment(wired, namespaces);
    }

    @Override
    public Attachment attachToHost(String podUid, String hostAddress) throws IOException {
        PodRecords.checkUid(podUid);
        return locked(podUid, () -> {
            PodNamespaces namespaces = holder.create(podUid, 0);
            NAMESPACE_MADE.reach();
            return onHost(namespaces, hostAddress);
        });
    }

    @Override
    public Optional<Attachment> findOnHost(String podUid, String hostAddress) throws IOException {
        PodRecords.checkUid(podUid);
        return locked(podUid, () -> holder.find(podUid).map(namespaces -> onHost(namespaces, hostAddress)));
    }

    private static Attachment onHost(PodNamespaces namespaces, String hostAddress) {
        return new Attachment("", namespaces.ipcPath(), "", "", namespaces.sharedMemoryPath(), 0, hostAddress);
    }

    private PodNamespaces create(PodRecord pod) throws IOException {
        if (!pod.userNamespace()) {
            return holder.create(pod.podUid(), 0);
        }
        userBases.lock();
        try {
            return holder.create(pod.podUid(), holder.freeUserBase());
        } finally {
            userBases.unlock();
        }
    }

    private static Attachment attachment(PodRecord pod, PodNamespaces namespaces) {
        return new Attachment(
                namespaces.networkPath(),
                namespaces.ipcPath(),
                namespaces.utsPath(),
                namespaces.userPath(),
                namespaces.sharedMemoryPath(),
                namespaces.userBase(),
                pod.address());
    }

    private void removeAfter(IOException failure, String podUid) {
        try {
            remove(podUid);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public void detach(String podUid) throws IOException {
        PodRecords.checkUid(podUid);
        locked(podUid, () -> {
            remove(podUid);
            return true;
        });
    }

    /** A pod on the host's network has no record: the holder knows it. */
    private void remove(String podUid) throws IOException {
        Optional<PodRecord> pod = records.find(podUid);
        if (pod.isPresent()) {
            node.tables().removePod(podUid);
            PORTS_CLOSED.reach();
        }
        holder.release(podUid);
        NAMESPACE_RELEASED.reach();
        if (pod.isPresent()) {
            records.delete(pod.get());
        }
    }

    @Override
    public void detachAllBut(Collection<String> podUids) throws IOException {
        Set<String> gone = new HashSet<>();
        records.all().forEach(pod -> gone.add(pod.podUid()));
        holder.list().stream()
                .map(PodNamespaces::name)
                .filter(name -> !NamespacePool.isPooled(name))
                .forEach(gone::add);
        gone.removeAll(podUids);
        for (String podUid : gone) {
            detach(podUid);
        }
    }

    private void releaseAll() throws IOException {
        pool.close();
        pool.releaseLeftovers();
        detachAllBut(List.of());
    }

    /** Lets the ready namespaces go. The pods keep their networks. */
    @Override
    public void close() {
        pool.close();
    }

    private interface Work<T> {
        T run() throws IOException;
    }

    private <T> T locked(String podUid, Work<T> work) throws IOException {
        ReentrantLock lock = locks.get(Math.floorMod(podUid.hashCode(), LOCKS));
        lock.lock();
        try {
            return work.run();
        } finally {
            lock.unlock();
        }
    }
}
