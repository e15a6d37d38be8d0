package dev.gantry.agent.session;

import dev.gantry.agent.network.NodeNetwork;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;

/** A network that applies tables at once and remembers them. */
final class FakeNetwork implements NodeNetwork {
    final List<Settings> settings = new CopyOnWriteArrayList<>();
    final List<ServiceTable> tables = new CopyOnWriteArrayList<>();
    final List<List<Peer>> peers = new CopyOnWriteArrayList<>();

    @Override
    public void configure(Settings newSettings) {
        settings.add(newSettings);
    }

    @Override
    public void apply(ServiceTable table, LongConsumer applied) {
        tables.add(table);
        applied.accept(table.revision());
    }

    @Override
    public void route(List<Peer> all) {
        peers.add(List.copyOf(all));
    }

    @Override
    public List<String> unreachable() {
        return List.of();
    }

    @Override
    public InetAddress dnsAddress() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public void tearDown() {}
}
