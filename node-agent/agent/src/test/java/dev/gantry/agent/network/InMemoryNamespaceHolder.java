package dev.gantry.agent.network;

import dev.gantry.linux.NamespaceHolder;
import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Holds real network namespaces by descriptors of this process. Makes no other kind. Outlives the agents of a test, as the real one does. */
final class InMemoryNamespaceHolder implements NamespaceHolder {
    private final Map<String, NetworkNamespace> held = new ConcurrentHashMap<>();

    @Override
    public PodNamespaces create(String name, int userBase) throws IOException {
        if (userBase != 0) {
            throw new IOException("Only the real holder makes user namespaces");
        }
        NetworkNamespace known = held.get(name);
        if (known == null) {
            known = NetworkNamespace.create();
            held.put(name, known);
        }
        return describe(name, known);
    }

    @Override
    public int freeUserBase() {
        return 1 << 30;
    }

    @Override
    public Optional<PodNamespaces> find(String name) {
        return Optional.ofNullable(held.get(name)).map(namespace -> describe(name, namespace));
    }

    @Override
    public List<PodNamespaces> list() {
        return held.entrySet().stream()
                .map(entry -> describe(entry.getKey(), entry.getValue()))
                .toList();
    }

    @Override
    public PodNamespaces rename(String name, String newName) throws IOException {
        NetworkNamespace namespace = held.remove(name);
        if (namespace == null || held.putIfAbsent(newName, namespace) != null) {
            throw new IOException("Can't rename " + name + " to " + newName);
        }
        return describe(newName, namespace);
    }

    @Override
    public void release(String name) {
        NetworkNamespace namespace = held.remove(name);
        if (namespace != null) {
            namespace.close();
        }
    }

    @Override
    public void shutDown() {
        List.copyOf(held.keySet()).forEach(this::release);
    }

    @Override
    public void close() {}

    private static PodNamespaces describe(String name, NetworkNamespace namespace) {
        String path = "/proc/self/fd/" + namespace.descriptor();
        return new PodNamespaces(name, path, path, path, "", "", 0);
    }
}
