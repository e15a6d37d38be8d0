package dev.gantry.linux.nftables;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.linux.netlink.NetlinkException;
import dev.gantry.linux.netlink.NetworkNamespace;
import dev.gantry.linux.netlink.Root;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
class NftablesSocketTest {
    private static final String RULESET = """
            table ip t {
              chain yes { }
              map verdicts { type ipv4_addr . inet_proto . inet_service : verdict; }
              map values { typeof ip daddr . meta l4proto . th dport . numgen random mod 4 : ip daddr . th dport; }
              set pairs { type ipv4_addr . ipv4_addr; }
            }
            """;

    private NetworkNamespace namespace;
    private NftablesSocket nftables;

    @BeforeEach
    void setUp() throws IOException {
        Root.require();
        namespace = NetworkNamespace.create();
        nft(RULESET);
        nftables = namespace.call(NftablesSocket::open);
    }

    @AfterEach
    void tearDown() {
        if (nftables != null) {
            nftables.close();
            namespace.close();
        }
    }

    @Test
    void elementsAreWhatNftWouldHaveWritten() throws IOException {
        byte[] service =
                new Concatenation().address("10.96.0.1").protocol(6).port(80).toBytes();
        byte[] slot = new Concatenation()
                .address("10.96.0.1")
                .protocol(17)
                .port(53)
                .number(3)
                .toBytes();
        byte[] endpoint = new Concatenation().address("10.244.0.7").port(8080).toBytes();
        byte[] pair =
                new Concatenation().address("10.0.0.1").address("10.0.0.2").toBytes();
        nftables.commit(new NftablesTransaction("t")
                .add("verdicts", List.of(SetElement.jump(service, "yes")))
                .add("values", List.of(SetElement.of(slot, endpoint)))
                .add("pairs", List.of(SetElement.of(pair))));

        assertThat(nft("list table ip t"))
                .contains("10.96.0.1 . tcp . 80 : goto yes")
                .contains("10.0.0.1 . 10.0.0.2")
                .containsPattern("10\\.96\\.0\\.1 \\. (17|udp) \\. 53 \\. (0x0+3|3) : 10\\.244\\.0\\.7 \\. 8080");
    }

    @Test
    void aValueIsReplacedInOneTransactionAndARefusedOneChangesNothing() throws IOException {
        byte[] key = new Concatenation()
                .address("10.96.0.1")
                .protocol(6)
                .port(80)
                .number(0)
                .toBytes();
        SetElement first = SetElement.of(
                key, new Concatenation().address("10.1.1.1").port(1).toBytes());
        SetElement second = SetElement.of(
                key, new Concatenation().address("10.2.2.2").port(2).toBytes());
        nftables.commit(new NftablesTransaction("t").add("values", List.of(first)));
        nftables.commit(new NftablesTransaction("t").add("values", List.of(first)));
        nftables.commit(
                new NftablesTransaction("t").remove("values", List.of(first)).add("values", List.of(second)));
        assertThat(nft("list table ip t")).contains("10.2.2.2 . 2").doesNotContain("10.1.1.1");

        byte[] absent = new Concatenation()
                .address("10.96.0.9")
                .protocol(6)
                .port(80)
                .number(0)
                .toBytes();
        assertThatThrownBy(() -> nftables.commit(new NftablesTransaction("t")
                        .flush("values")
                        .remove("values", List.of(SetElement.of(absent)))
                        .add("values", List.of(first))))
                .isInstanceOfSatisfying(
                        NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(NetlinkException.ENOENT))
                .hasMessageContaining("remove elements of values");
        assertThat(nft("list table ip t")).contains("10.2.2.2 . 2");
    }

    @Test
    void manyElementsTravelInOneTransactionOfSeveralMessages() throws IOException {
        List<SetElement> elements = IntStream.range(0, 20_000)
                .mapToObj(i -> SetElement.of(
                        new Concatenation()
                                .address(address(i))
                                .protocol(6)
                                .port(80)
                                .number(0)
                                .toBytes(),
                        new Concatenation().address(address(i)).port(8080).toBytes()))
                .toList();
        nftables.commit(new NftablesTransaction("t").flush("values").add("values", elements));
        assertThat(nft("list map ip t values").split(" : ", -1)).hasSize(20_001 + 1);
        nftables.commit(new NftablesTransaction("t").flush("values").add("values", elements.subList(0, 10)));
        assertThat(nft("list map ip t values").split(" : ", -1)).hasSize(11 + 1);
    }

    @Test
    void tablesAndChainsAreFoundAndDeleted() throws IOException {
        assertThat(nftables.hasTable("t")).isTrue();
        assertThat(nftables.hasTable("nothing")).isFalse();
        assertThat(nftables.hasChain("t", "yes")).isTrue();
        assertThat(nftables.hasChain("t", "no")).isFalse();
        nftables.commit(new NftablesTransaction("t").deleteTable());
        assertThat(nftables.hasTable("t")).isFalse();
    }

    private static String address(int i) {
        return "10.96." + (i >> 8) + "." + (i & 255);
    }

    private String nft(String script) throws IOException {
        return namespace.call(() -> {
            Process process = new ProcessBuilder("nft", "-f", "-")
                    .redirectErrorStream(true)
                    .start();
            try (var in = process.outputWriter(UTF_8)) {
                in.write(script);
            }
            return new String(process.getInputStream().readAllBytes(), UTF_8);
        });
    }
}
