package dev.gantry.controlplane.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.wire.node.v1.NodeRoute;
import dev.gantry.wire.node.v1.NodeRoutes;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    private final AtomicInteger changes = new AtomicInteger();
    private final RouteTable table = new RouteTable(changes::incrementAndGet);

    @Test
    void aNodeLearnsOfAllOthers() {
        table.nodeChanged(null, node("alpha", "10.244.0.0/24", "192.0.2.1"));
        table.nodeChanged(null, node("beta", "10.244.1.0/24", "192.0.2.2"));
        NodeRoutes whole = table.current().whole("alpha");
        assertThat(whole.getWhole()).isTrue();
        assertThat(whole.getRoutesList())
                .containsExactly(NodeRoute.newBuilder()
                        .setNodeName("beta")
                        .setPodRange("10.244.1.0/24")
                        .addAddresses("192.0.2.2")
                        .build());
    }

    @Test
    void changesLeadFromOneVersionToTheNext() {
        table.nodeChanged(null, node("alpha", "10.244.0.0/24", "192.0.2.1"));
        table.nodeChanged(null, node("beta", "10.244.1.0/24", "192.0.2.2"));
        RouteTable.Version before = table.current();
        table.nodeChanged(null, node("beta", "10.244.1.0/24", "192.0.2.12"));
        table.nodeChanged(null, node("gamma", "10.244.2.0/24", "192.0.2.3"));
        table.nodeChanged(node("alpha", "10.244.0.0/24", "192.0.2.1"), null);
        NodeRoutes delta = table.current().since(before, "gamma").orElseThrow();
        assertThat(delta.getWhole()).isFalse();
        assertThat(delta.getRoutesList()).extracting(NodeRoute::getNodeName).containsExactly("beta");
        assertThat(delta.getRemovedPodRangesList()).containsExactly("10.244.0.0/24");
        assertThat(table.current().since(table.current(), "alpha")).isEmpty();
    }

    @Test
    void aRangeThatAnotherNodeHasTakenOverIsNotRemoved() {
        table.nodeChanged(null, node("old", "10.244.1.0/24", "192.0.2.2"));
        RouteTable.Version before = table.current();
        table.nodeChanged(node("old", "10.244.1.0/24", "192.0.2.2"), null);
        table.nodeChanged(null, node("new", "10.244.1.0/24", "192.0.2.3"));
        NodeRoutes delta = table.current().since(before, "alpha").orElseThrow();
        assertThat(delta.getRemovedPodRangesList()).isEmpty();
        assertThat(delta.getRoutesList()).extracting(NodeRoute::getNodeName).containsExactly("new");
    }

    @Test
    void aNodeWithoutARangeOrAnAddressThatOthersReachIsNotNamed() {
        table.nodeChanged(null, node("early", null, "192.0.2.2"));
        table.nodeChanged(null, node("lone", "10.244.1.0/24", "127.0.0.1"));
        assertThat(table.current().routes()).isEmpty();
        assertThat(changes).hasValue(0);
    }

    @Test
    void nodesThatWentUnseenGo() {
        table.nodeChanged(null, node("alpha", "10.244.0.0/24", "192.0.2.1"));
        table.nodeChanged(null, node("beta", "10.244.1.0/24", "192.0.2.2"));
        table.retain(List.of(node("beta", "10.244.1.0/24", "192.0.2.2")));
        assertThat(table.current().routes()).containsOnlyKeys("beta");
    }

    private static Node node(String name, @Nullable String range, String address) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withPodCIDR(range)
                .endSpec()
                .withNewStatus()
                .addNewAddress(address, "InternalIP")
                .addNewAddress(name, "Hostname")
                .endStatus()
                .build();
    }
}
