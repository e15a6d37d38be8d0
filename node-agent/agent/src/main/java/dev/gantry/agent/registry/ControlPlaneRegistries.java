package dev.gantry.agent.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.registry.HttpRegistry;
import dev.gantry.common.registry.Registry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The registries of the control planes that this host knows now, best first. Safe for use by many threads. */
public final class ControlPlaneRegistries implements Supplier<List<Registry>>, AutoCloseable {
    private final Map<String, HttpRegistry> open = new HashMap<>();
    private Supplier<List<String>> addresses = List::of;
    private Supplier<SSLContext> tls = () -> {
        throw new IllegalStateException("no control plane is followed yet");
    };
    private @Nullable SSLContext shown;

    /**
     * Until then there are none.
     *
     * @param newAddresses host:port, the leader's first
     * @param newTls shows the node's certificate; another context when that was renewed
     */
    public synchronized void follow(Supplier<List<String>> newAddresses, Supplier<SSLContext> newTls) {
        addresses = requireNonNull(newAddresses, "newAddresses is null");
        tls = requireNonNull(newTls, "newTls is null");
    }

    @Override
    public synchronized List<Registry> get() {
        List<String> known = addresses.get();
        if (known.isEmpty()) {
            return List.of();
        }
        SSLContext current = tls.get();
        if (current != shown) {
            forget();
            shown = current;
        }
        List<Registry> registries = new ArrayList<>();
        for (String address : known) {
            registries.add(open.computeIfAbsent(address, there -> HttpRegistry.ofCluster(there, current)));
        }
        return registries;
    }

    /** What is under way ends by itself. */
    private void forget() {
        open.values().forEach(HttpRegistry::retire);
        open.clear();
    }

    @Override
    public synchronized void close() {
        open.values().forEach(HttpRegistry::close);
        open.clear();
        addresses = List::of;
    }
}
