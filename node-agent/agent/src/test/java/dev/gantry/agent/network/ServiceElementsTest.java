package dev.gantry.agent.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.network.NodeNetwork.Endpoint;
import dev.gantry.agent.network.NodeNetwork.Service;
import dev.gantry.agent.network.PodNetwork.Transport;
import dev.gantry.linux.nftables.SetElement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ServiceElementsTest {
    @Property
    void everyReadyEndpointHasItsShareOfAPowerOfTwo(@ForAll @IntRange(min = 1, max = 256) int count) {
        List<Endpoint> slots = ServiceElements.slots(endpoints(count), false);
        assertThat(Integer.bitCount(slots.size())).isOne();
        assertThat(slots.size()).isLessThanOrEqualTo(ServiceElements.MAX_SLOTS);
        Map<String, Long> shares =
                slots.stream().collect(Collectors.groupingBy(Endpoint::address, Collectors.counting()));
        assertThat(shares).hasSize(count);
        double fair = (double) slots.size() / count;
        if (count <= 64) {
            assertThat(shares.values())
                    .allSatisfy(share -> assertThat(share.doubleValue()).isLessThanOrEqualTo(fair * 1.25));
        }
    }

    @Property
    void stickySlotsMoveOnlyFromTheEndpointThatGoes(
            @ForAll @IntRange(min = 2, max = 40) int count, @ForAll @IntRange(max = 39) int gone) {
        List<Endpoint> before = endpoints(count);
        Endpoint leaving = before.get(gone % count);
        List<Endpoint> after =
                before.stream().filter(endpoint -> !endpoint.equals(leaving)).toList();
        List<Endpoint> slotsBefore = ServiceElements.slots(before, true);
        List<Endpoint> slotsAfter = ServiceElements.slots(after, true);
        for (int slot = 0; slot < ServiceElements.MAX_SLOTS; slot++) {
            if (!slotsBefore.get(slot).equals(leaving)) {
                assertThat(slotsAfter.get(slot)).isEqualTo(slotsBefore.get(slot));
            }
        }
    }

    @Example
    void moreEndpointsThanSlotsAreSpreadOverAllOfThem() {
        List<Endpoint> slots = ServiceElements.slots(endpoints(300), false);
        assertThat(slots).hasSize(256).doesNotHaveDuplicates();
        assertThat(slots.getLast()).isNotEqualTo(slots.getFirst());
    }

    @Example
    void whatIsNotReadyTakesNoConnections() {
        Endpoint waiting = new Endpoint("10.244.1.9", 80, false, "", "", "");
        assertThat(ServiceElements.slots(List.of(waiting), false)).isEmpty();
        Service service = TestHost.service("web", "10.96.0.1", 80, 0, waiting);
        assertThat(ServiceElements.of(service).values()).containsExactly(new SetElement.Goto(ServiceElements.REFUSE));
    }

    @Property
    void theTwoTransactionsLeadFromOneTableToTheOther(
            @ForAll @IntRange(max = 9) int before, @ForAll @IntRange(max = 9) int after, @ForAll boolean moved) {
        Map<ElementKey, SetElement.Data> held = ServiceElements.of(service("10.96.0.1", before));
        Map<ElementKey, SetElement.Data> wanted = ServiceElements.of(service(moved ? "10.96.0.2" : "10.96.0.1", after));
        ElementChanges changes = ElementChanges.between(held, wanted);
        Map<ElementKey, SetElement.Data> union = new HashMap<>(held);
        union.putAll(wanted);
        long same = union.keySet().stream()
                .filter(key -> wanted.containsKey(key) && wanted.get(key).equals(held.get(key)))
                .count();
        long replaced = union.keySet().stream()
                .filter(key -> held.containsKey(key)
                        && wanted.containsKey(key)
                        && !wanted.get(key).equals(held.get(key)))
                .count();
        assertThat(changes.size()).isEqualTo((int) (union.size() - same + replaced));
        assertThat(changes.isEmpty()).isEqualTo(held.equals(wanted));
    }

    @Example
    void rangesAreParsedStrictly() {
        AddressRange range = AddressRange.parse("10.244.1.0/24");
        assertThat(range).hasToString("10.244.1.0/24");
        assertThat(range.contains("10.244.1.255")).isTrue();
        assertThat(range.contains("10.244.2.0")).isFalse();
        assertThat(range.overlaps(AddressRange.parse("10.0.0.0/8"))).isTrue();
        assertThat(range.overlaps(AddressRange.parse("10.244.0.0/24"))).isFalse();
        assertThat(AddressRange.parse("0.0.0.0/0").overlaps(range)).isTrue();
        for (String wrong : List.of("10.244.1.0", "10.244.1.0/33", "10.244.1.5/24", "a/8", "/", "10.0.0.0/x")) {
            assertThatThrownBy(() -> AddressRange.parse(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static Service service(String address, int endpoints) {
        return TestHost.service(
                "web",
                address,
                Transport.TCP,
                80,
                30080,
                0,
                endpoints(endpoints).toArray(Endpoint[]::new));
    }

    private static List<Endpoint> endpoints(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> TestHost.endpoint("10.244." + (i >> 8) + "." + (i & 255), 8080))
                .collect(Collectors.toMap(Endpoint::address, Function.identity()))
                .values()
                .stream()
                .toList();
    }
}
