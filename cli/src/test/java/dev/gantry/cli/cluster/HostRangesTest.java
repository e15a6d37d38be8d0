package dev.gantry.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class HostRangesTest {
    @Test
    void routesAreReadAsTheKernelPrintsThem() {
        List<HostRoute> routes = HostRoute.parse(List.of(
                "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
                "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0",
                "eth0\t0000F40A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0"));
        assertThat(routes).extracting(r -> r.destination().toString()).containsExactly("0.0.0.0/0", "10.244.0.0/16");
    }

    @Test
    void overlapsAreFound() {
        assertThat(Cidr.parse("10.244.0.0/16").overlaps(Cidr.parse("10.244.3.0/24")))
                .isTrue();
        assertThat(Cidr.parse("10.244.3.0/24").overlaps(Cidr.parse("10.0.0.0/8")))
                .isTrue();
        assertThat(Cidr.parse("10.244.0.0/16").overlaps(Cidr.parse("10.96.0.0/16")))
                .isFalse();
    }

    @Test
    void whatIsNoRangeSaysWhatWasExpected() {
        assertThatThrownBy(() -> Cidr.parse("10.244.0.0")).hasMessageContaining("such as 10.244.0.0/16");
        assertThatThrownBy(() -> Cidr.parse("10.244.0.300/16")).hasMessageContaining("0 to 255");
        assertThatThrownBy(() -> Cidr.parse("10.244.1.0/16")).hasMessageContaining("expected 10.244.0.0/16");
    }

    @Property
    void printingAndParsingAgree(@ForAll int address, @ForAll @IntRange(max = 32) int prefix) {
        Cidr cidr = new Cidr(address & Cidr.mask(prefix), prefix);
        assertThat(Cidr.parse(cidr.toString())).isEqualTo(cidr);
    }
}
