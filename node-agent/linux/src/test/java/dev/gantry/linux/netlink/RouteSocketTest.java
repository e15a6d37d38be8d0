package dev.gantry.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
class RouteSocketTest {
    private static final String NEAR = "ee:ee:ee:ee:ee:ee";
    private static final String FAR = "02:00:00:00:00:01";

    private NetworkNamespace host;
    private NetworkNamespace pod;
    private RouteSocket routes;

    @BeforeEach
    void setUp() throws IOException {
        Root.require();
        host = NetworkNamespace.create();
        pod = NetworkNamespace.create();
        routes = host.call(RouteSocket::open);
    }

    @AfterEach
    void tearDown() {
        if (routes != null) {
            routes.close();
            pod.close();
            host.close();
        }
    }

    @Test
    void aNewNamespaceHasOnlyALoopbackLinkThatIsDown() throws IOException {
        assertThat(routes.links()).singleElement().satisfies(link -> {
            assertThat(link.name()).isEqualTo("lo");
            assertThat(link.loopback()).isTrue();
            assertThat(link.up()).isFalse();
        });
        assertThat(routes.rules()).extracting(Rule::table).contains(Route.MAIN, Route.LOCAL);
    }

    @Test
    void aVethPairReachesIntoTheOtherNamespace() throws IOException {
        routes.createVeth(new Veth("near0", NEAR, "eth0", FAR, pod, 1400));

        assertThat(routes.link("near0")).hasValueSatisfying(link -> {
            assertThat(link.hardwareAddress()).isEqualTo(NEAR);
            assertThat(link.mtu()).isEqualTo(1400);
        });
        try (RouteSocket inside = pod.call(RouteSocket::open)) {
            assertThat(inside.link("eth0").orElseThrow().hardwareAddress()).isEqualTo(FAR);
        }
        assertThat(routes.link("nothing")).isEmpty();
        assertThatThrownBy(() -> routes.createVeth(new Veth("near0", NEAR, "eth1", FAR, pod, 1400)))
                .isInstanceOfSatisfying(
                        NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(NetlinkException.EEXIST))
                .hasMessageContaining("make the veth pair near0");
    }

    @Test
    void addressesRoutesAndNeighboursAreIdempotent() throws IOException {
        routes.createVeth(new Veth("near0", NEAR, "eth0", FAR, pod, 1500));
        int link = routes.link("near0").orElseThrow().index();
        int loopback = routes.link("lo").orElseThrow().index();
        routes.setUp(loopback);
        routes.setUp(link);
        Route route = Route.main("10.244.0.5", 32, link, 71).from("169.254.42.1");
        for (int i = 0; i < 2; i++) {
            routes.addAddress(loopback, "169.254.42.1", 32, RouteSocket.AddressScope.HOST);
            routes.replaceRoute(route);
            routes.replaceNeighbour(link, "10.244.0.5", FAR);
        }

        assertThat(routes.addresses()).contains(new InterfaceAddress(loopback, "169.254.42.1", 32));
        assertThat(routes.routes()).filteredOn(r -> r.protocol() == 71).containsExactly(route);
        assertThat(routes.neighbours()).contains(new Neighbour(link, "10.244.0.5", FAR, true));

        for (int i = 0; i < 2; i++) {
            routes.removeRoute(route);
            routes.removeAddress(loopback, "169.254.42.1", 32);
        }
        assertThat(routes.routes()).noneMatch(r -> r.protocol() == 71);
        assertThat(routes.addresses()).noneMatch(address -> address.address().equals("169.254.42.1"));
    }

    @Test
    void aLinkMovesAndIsDeletedWithItsPeer() throws IOException {
        routes.createVeth(new Veth("near0", NEAR, "eth0", FAR, host, 1500));
        routes.move(routes.link("eth0").orElseThrow().index(), pod);
        assertThat(routes.link("eth0")).isEmpty();
        routes.deleteLink(routes.link("near0").orElseThrow().index());
        try (RouteSocket inside = pod.call(RouteSocket::open)) {
            assertThat(inside.link("eth0")).isEmpty();
        }
    }

    @Test
    void aSocketStaysInItsNamespaceWhicheverThreadUsesIt() throws Exception {
        try (var virtual = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(virtual.submit(routes::links).get()).hasSize(1);
            assertThat(virtual.submit(() -> host.call(() -> RouteSocket.open().links()))
                            .get())
                    .hasSize(1);
        }
    }

    @Test
    void aNamespaceThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> NetworkNamespace.open(Path.of("/proc/self/ns/nothing")))
                .hasMessageContaining("/proc/self/ns/nothing")
                .hasMessageContaining("ENOENT");
    }
}
