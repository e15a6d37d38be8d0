package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.linux.NamespaceHolder;
import dev.gantry.linux.NamespaceHolder.PodNamespaces;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Namespaces that are wired but have no address yet: they help when many pods start at once. Not remembered: those of an agent that has died are let go
 * by the next one. Filled by one thread of its own.
 */
final class NamespacePool implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NamespacePool.class);
    private static final String PREFIX = "pool.";

    private final NamespaceHolder holder;
    private final PodLink links;
    private final RandomGenerator random;
    private final int size;
    private final ConcurrentLinkedQueue<Ready> ready = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ExecutorService filler = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("network-pool").daemon().factory());

    NamespacePool(NamespaceHolder holder, PodLink links, RandomGenerator random, int size) {
        this.holder = requireNonNull(holder, "holder is null");
        this.links = requireNonNull(links, "links is null");
        this.random = requireNonNull(random, "random is null");
        this.size = size;
    }

    /** @param name in the holder @param mtu its links were made with, bytes */
    record Ready(String name, VethEnds ends, int mtu) {}

    /** Lets go of what an earlier agent has left. */
    void releaseLeftovers() throws IOException {
        for (PodNamespaces namespaces : holder.list()) {
            if (isPooled(namespaces.name())) {
                holder.release(namespaces.name());
            }
        }
    }

    /** Whether a name in the holder is that of a spare one, not of a pod. */
    static boolean isPooled(String name) {
        return name.startsWith(PREFIX);
    }

    /** One that is ready, if there is; never waits. The pool is filled again in the background. */
    Optional<Ready> take(int mtu) {
        Optional<Ready> taken = Optional.ofNullable(ready.poll());
        fill(mtu);
        if (taken.isPresent() && taken.get().mtu() != mtu) {
            release(taken.get());
            return Optional.empty();
        }
        return taken;
    }

    void fill(int mtu) {
        if (size > 0 && !closed.get()) {
            filler.execute(() -> {
                while (!closed.get() && ready.size() < size && add(mtu)) {
                    // until it is full, or one fails
                }
            });
        }
    }

    private boolean add(int mtu) {
        VethEnds ends = VethEnds.random(random);
        Ready made = new Ready(PREFIX + ends.link(), ends, mtu);
        try {
            PodNamespaces namespaces = holder.create(made.name(), 0);
            try (NetworkNamespace network = NetworkNamespace.open(Path.of(namespaces.networkPath()))) {
                links.connect(network, ends, mtu);
            }
            ready.add(made);
            return true;
        } catch (IOException e) {
            log.warn("Could not make a network namespace ahead of time; pods make theirs by themselves", e);
            release(made);
            return false;
        }
    }

    private void release(Ready entry) {
        try {
            holder.release(entry.name());
        } catch (IOException e) {
            log.warn("Could not let go of the network namespace {}", entry.name(), e);
        }
    }

    /** Stops filling, and lets go of all. */
    @Override
    public void close() {
        closed.set(true);
        filler.shutdown();
        try {
            if (!filler.awaitTermination(10, TimeUnit.SECONDS)) {
                log.warn(
                        "The pool of network namespaces is still being filled; its last one is let go by the next agent");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (Ready entry = ready.poll(); entry != null; entry = ready.poll()) {
            release(entry);
        }
    }
}
