package dev.gantry.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.scheduler.PodResources.InitContainer;
import java.util.List;
import org.junit.jupiter.api.Test;

class PodResourcesTest {
    private static Resources cpu(long milli) {
        return Resources.of(milli, 0);
    }

    private static long effectiveCpu(List<InitContainer> inits, List<Resources> containers) {
        return PodResources.effective(inits, containers, Resources.NONE).milliCpu();
    }

    @Test
    void containersAddUp() {
        assertThat(effectiveCpu(List.of(), List.of(cpu(100), cpu(200)))).isEqualTo(300);
    }

    @Test
    void initContainersRunAlone() {
        assertThat(effectiveCpu(List.of(new InitContainer(cpu(500), false)), List.of(cpu(100))))
                .isEqualTo(500);
        assertThat(effectiveCpu(List.of(new InitContainer(cpu(50), false)), List.of(cpu(100))))
                .isEqualTo(100);
    }

    @Test
    void sidecarsRunBesideTheContainersAndLaterInitContainers() {
        InitContainer sidecar = new InitContainer(cpu(100), true);
        assertThat(effectiveCpu(List.of(sidecar), List.of(cpu(200)))).isEqualTo(300);
        assertThat(effectiveCpu(List.of(sidecar, new InitContainer(cpu(500), false)), List.of(cpu(200))))
                .isEqualTo(600);
        assertThat(effectiveCpu(List.of(new InitContainer(cpu(500), false), sidecar), List.of(cpu(200))))
                .isEqualTo(500);
    }

    @Test
    void overheadAndThePodItselfCount() {
        Resources effective = PodResources.effective(List.of(), List.of(cpu(100)), cpu(10));
        assertThat(effective.milliCpu()).isEqualTo(110);
        assertThat(effective.pods()).isEqualTo(1);
    }
}
