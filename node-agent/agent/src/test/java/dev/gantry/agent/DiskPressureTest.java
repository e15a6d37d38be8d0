package dev.gantry.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.linux.Mounts;
import dev.gantry.wire.node.v1.NodeCondition;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DiskPressureTest {
    private static final Mounts.Space EMPTY = new Mounts.Space(0, 1000, 900, 900, 100, 90);

    private final Map<String, Mounts.Space> disks = new LinkedHashMap<>(Map.of("the agent's disk, /state", EMPTY));

    @Test
    void isNotThereWhileEveryDiskHasSpaceAndFiles() {
        NodeCondition condition = DiskPressure.of(disks);

        assertThat(condition.getType()).isEqualTo("DiskPressure");
        assertThat(condition.getActive()).isFalse();
        assertThat(condition.getReason()).isEqualTo("NoDiskPressure");
    }

    @Test
    void namesTheDiskThatLacksSpaceAndWhatToDo() {
        disks.put("the disk of the images, /images", new Mounts.Space(0, 1000, 60, 49, 100, 90));

        NodeCondition condition = DiskPressure.of(disks);

        assertThat(condition.getActive()).isTrue();
        assertThat(condition.getReason()).isEqualTo("DiskPressure");
        assertThat(condition.getMessage())
                .isEqualTo("the disk of the images, /images, has less than 5 % of its space left: make room there");
    }

    @Test
    void namesEachDiskOnceAndFilesAsWellAsSpace() {
        Mounts.Space noFiles = new Mounts.Space(0, 1000, 900, 900, 100, 4);
        disks.put("the agent's disk, /state", noFiles);
        disks.put("the same disk, /state/images", noFiles);
        disks.put("the disk of the images, /images", new Mounts.Space(0, 1000, 0, 0, 0, 0));

        assertThat(DiskPressure.of(disks).getMessage())
                .isEqualTo("the agent's disk, /state, has less than 5 % of its files left: make room there; "
                        + "the disk of the images, /images, has less than 5 % of its space left: make room there");
    }
}
