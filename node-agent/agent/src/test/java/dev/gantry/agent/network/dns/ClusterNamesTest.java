package dev.gantry.agent.network.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.network.NodeNetwork.Endpoint;
import dev.gantry.agent.network.NodeNetwork.Port;
import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.agent.network.PodNetwork.Transport;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

class ClusterNamesTest {
    private final ClusterNames names = cluster();

    @BeforeEach
    void nothingElseIsKnown() {
        assertThat(names.find(ClusterNames.absolute("example.org"), Type.A)).isEmpty();
    }

    private static ClusterNames cluster() {
        ClusterNames names = new ClusterNames();
        names.configure("cluster.local", "10.244.0.0/16", "10.96.0.0/16");
        names.services(List.of(
                service("shop", "web", List.of("10.96.1.1"), "", false, ready("10.244.1.5", "")),
                service(
                        "shop",
                        "db",
                        List.of(),
                        "",
                        false,
                        ready("10.244.1.6", "db-0"),
                        ready("10.244.1.7", ""),
                        new Endpoint("10.244.1.8", 5432, false, "db-2", "", "")),
                service("shop", "all", List.of(), "", true, new Endpoint("10.244.1.8", 1, false, "", "", "")),
                service("shop", "inside", List.of(), "web.shop.svc.cluster.local", false),
                service("shop", "outside", List.of(), "example.org", false),
                service("shop", "loop", List.of(), "loop2.shop.svc.cluster.local", false),
                service("shop", "loop2", List.of(), "loop.shop.svc.cluster.local", false)));
        return names;
    }

    private static Endpoint ready(String address, String hostname) {
        return new Endpoint(address, 5432, true, hostname, "", "");
    }

    private static Service service(
            String namespace,
            String name,
            List<String> addresses,
            String external,
            boolean all,
            Endpoint... endpoints) {
        List<Port> ports =
                external.isEmpty() ? List.of(new Port("main", Transport.TCP, 80, 0, List.of(endpoints))) : List.of();
        return new Service(namespace, name, addresses, ports, external, all, 0);
    }

    @Test
    void aServiceIsItsAddress() {
        assertThat(answers("web.shop.svc.cluster.local", Type.A)).containsExactly("10.96.1.1");
        assertThat(answers("WEB.Shop.SVC.cluster.LOCAL", Type.A)).containsExactly("10.96.1.1");
        assertThat(answers("_main._tcp.web.shop.svc.cluster.local", Type.SRV))
                .containsExactly("0 100 80 web.shop.svc.cluster.local.");
    }

    @Test
    void aHeadlessServiceIsItsEndpoints() {
        assertThat(answers("db.shop.svc.cluster.local", Type.A)).containsExactlyInAnyOrder("10.244.1.6", "10.244.1.7");
        assertThat(answers("db-0.db.shop.svc.cluster.local", Type.A)).containsExactly("10.244.1.6");
        assertThat(answers("10-244-1-7.db.shop.svc.cluster.local", Type.A)).containsExactly("10.244.1.7");
        assertThat(answers("_main._tcp.db.shop.svc.cluster.local", Type.SRV))
                .containsExactlyInAnyOrder(
                        "0 50 5432 db-0.db.shop.svc.cluster.local.", "0 50 5432 10-244-1-7.db.shop.svc.cluster.local.");
        assertThat(names.find(ClusterNames.absolute("_main._tcp.db.shop.svc.cluster.local"), Type.SRV)
                        .orElseThrow()
                        .additional())
                .hasSize(2);
        assertThat(answers("all.shop.svc.cluster.local", Type.A)).containsExactly("10.244.1.8");
        assertThat(code("db-2.db.shop.svc.cluster.local", Type.A)).isEqualTo(Rcode.NXDOMAIN);
    }

    @Test
    void podsAreTheirAddresses() {
        assertThat(answers("10-244-9-9.shop.pod.cluster.local", Type.A)).containsExactly("10.244.9.9");
        assertThat(code("10-9-9-9.shop.pod.cluster.local", Type.A)).isEqualTo(Rcode.NXDOMAIN);
        assertThat(code("web.shop.pod.cluster.local", Type.A)).isEqualTo(Rcode.NXDOMAIN);
    }

    @Test
    void addressesHaveNames() {
        assertThat(answers("1.1.96.10.in-addr.arpa", Type.PTR)).containsExactly("web.shop.svc.cluster.local.");
        assertThat(answers("6.1.244.10.in-addr.arpa", Type.PTR)).containsExactly("db-0.db.shop.svc.cluster.local.");
        assertThat(code("77.1.244.10.in-addr.arpa", Type.PTR)).isEqualTo(Rcode.NXDOMAIN);
        assertThat(names.find(ClusterNames.absolute("1.0.0.127.in-addr.arpa"), Type.PTR))
                .isEmpty();
    }

    @Test
    void aliasesAreFollowedWithinTheClusterAndHandedOnBeyond() {
        assertThat(answers("inside.shop.svc.cluster.local", Type.A))
                .containsExactly("web.shop.svc.cluster.local.", "10.96.1.1");
        Answer outside = names.find(ClusterNames.absolute("outside.shop.svc.cluster.local"), Type.A)
                .orElseThrow();
        assertThat(outside.complete()).isFalse();
        assertThat(answers("loop.shop.svc.cluster.local", Type.A)).containsExactly("loop2.shop.svc.cluster.local.");
    }

    @Test
    void whatDoesNotExistIsDeniedWithTheZonesStartSoThatSearchingGoesOn() {
        for (String name : List.of(
                "web.shop.svc.cluster.local.cluster.local",
                "nothing.shop.svc.cluster.local",
                "web.nowhere.svc.cluster.local",
                "nowhere.svc.cluster.local",
                "a.b.c.d.web.shop.svc.cluster.local",
                "x.web.shop.svc.cluster.local",
                "_other._tcp.web.shop.svc.cluster.local",
                "example.org.cluster.local")) {
            Answer answer = names.find(ClusterNames.absolute(name), Type.A).orElseThrow();
            assertThat(answer.code()).as(name).isEqualTo(Rcode.NXDOMAIN);
            assertThat(answer.authority())
                    .as(name)
                    .singleElement()
                    .extracting(Record::getType)
                    .isEqualTo(Type.SOA);
        }
        for (String name : List.of(
                "cluster.local",
                "svc.cluster.local",
                "pod.cluster.local",
                "shop.svc.cluster.local",
                "_tcp.web.shop.svc.cluster.local",
                "_main._tcp.web.shop.svc.cluster.local")) {
            assertThat(code(name, Type.AAAA)).as(name).isEqualTo(Rcode.NOERROR);
            assertThat(answers(name, Type.AAAA)).as(name).isEmpty();
        }
        assertThat(code("web.shop.svc.cluster.local", Type.AAAA)).isEqualTo(Rcode.NOERROR);
    }

    @Property(tries = 2000)
    void anyNameOfTheClusterHasAnAnswer(
            @ForAll @Size(max = 6)
                    List<@StringLength(min = 1, max = 12) @CharRange(from = '!', to = '~') String> labels,
            @ForAll boolean services) {
        String text =
                String.join(".", labels).replace("\\", "").replace("..", ".").replaceAll("^\\.|\\.$", "")
                        + (labels.isEmpty() ? "" : ".")
                        + (services ? "shop.svc.cluster.local" : "cluster.local");
        Name name;
        try {
            name = ClusterNames.absolute(text);
        } catch (IllegalArgumentException e) {
            return;
        }
        for (int type : new int[] {Type.A, Type.AAAA, Type.SRV, Type.PTR, Type.ANY, Type.CNAME, 65_000}) {
            assertThat(cluster().find(name, type)).isPresent();
        }
    }

    private List<String> answers(String name, int type) {
        Optional<Answer> answer = names.find(ClusterNames.absolute(name), type);
        return answer.orElseThrow().answers().stream()
                .map(Record::rdataToString)
                .toList();
    }

    private int code(String name, int type) {
        return names.find(ClusterNames.absolute(name), type).orElseThrow().code();
    }
}
