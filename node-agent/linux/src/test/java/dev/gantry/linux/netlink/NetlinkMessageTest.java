package dev.gantry.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Function;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class NetlinkMessageTest {
    @Property(tries = 2000)
    void anyBytesAreMessagesOrRefused(@ForAll @Size(max = 200) byte[] datagram) {
        refusesOrReads(() -> NetlinkMessage.parse(datagram, datagram.length).forEach(NetlinkMessageTest::readEveryWay));
    }

    @Property(tries = 2000)
    void anyPayloadIsReadOrRefused(@ForAll @Size(max = 120) byte[] payload, @ForAll @IntRange(max = 40) int type) {
        readEveryWay(new NetlinkMessage(type, 0x300, 1, payload));
    }

    @Property
    void aMutatedMessageIsReadOrRefused(@ForAll @IntRange(max = 95) int position, @ForAll byte value) {
        byte[] datagram = route().toBytes();
        datagram[position % datagram.length] = value;
        refusesOrReads(() -> NetlinkMessage.parse(datagram, datagram.length).forEach(NetlinkMessageTest::readEveryWay));
    }

    @Property
    void attributesComeBackAsTheyWereWritten(
            @ForAll @Size(max = 300) byte[] value, @ForAll @IntRange(min = 1, max = 99) int type) {
        byte[] datagram = new MessageWriter()
                .begin(16, 0, 7)
                .attribute(type, value)
                .u32(100, 42)
                .toBytes();
        List<NetlinkMessage> messages = NetlinkMessage.parse(datagram, datagram.length);
        assertThat(messages).hasSize(1);
        assertThat(messages.getFirst().sequence()).isEqualTo(7);
        assertThat(messages.getFirst().attributes(0).bytes(type)).isEqualTo(value);
        assertThat(messages.getFirst().attributes(0).u32(100, 0)).isEqualTo(42);
    }

    @Example
    void aRouteComesBackAsItWasWritten() {
        byte[] datagram = route().toBytes();
        assertThat(Route.parse(NetlinkMessage.parse(datagram, datagram.length).getFirst()))
                .isEqualTo(Route.main("10.1.0.0", 16, 3, 71)
                        .via("10.0.0.1")
                        .from("10.0.0.2")
                        .withMtu(1400));
    }

    @Example
    void addressesAreFourNumbers() {
        assertThat(Ipv4.format(Ipv4.parse("10.0.255.1"))).isEqualTo("10.0.255.1");
        for (String wrong : List.of(
                "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1..2.3", "a.b.c.d", "01.2.3.4", "1.2.3.4 ", "-1.2.3.4")) {
            assertThatThrownBy(() -> Ipv4.parse(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static MessageWriter route() {
        MessageWriter out = new MessageWriter().begin(24, 0, 1);
        Route.main("10.1.0.0", 16, 3, 71)
                .via("10.0.0.1")
                .from("10.0.0.2")
                .withMtu(1400)
                .write(out);
        return out;
    }

    private static void readEveryWay(NetlinkMessage message) {
        List<Function<NetlinkMessage, Object>> parsers =
                List.of(Link::parse, InterfaceAddress::parse, Route::parse, Neighbour::parse, Rule::parse);
        parsers.forEach(
                parser -> refusesOrReads(() -> assertThat(parser.apply(message)).isNotNull()));
        assertThat(message.errorDetail()).isNotNull();
    }

    private static void refusesOrReads(Runnable reading) {
        try {
            reading.run();
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageMatching("A netlink (message|attribute) of .*");
        }
    }
}
