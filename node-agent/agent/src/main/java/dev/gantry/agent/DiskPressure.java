package dev.gantry.agent;

import dev.gantry.linux.Mounts;
import dev.gantry.wire.node.v1.NodeCondition;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The DiskPressure condition of a node: a disk that the agent writes to has next to no space or files left. */
final class DiskPressure {
    private static final String TYPE = "DiskPressure";
    private static final long LEAST_FREE_PERCENT = 5;

    private DiskPressure() {}

    /** @param disks by what each is and where, in the order in which they are named; the same file system under a second name is not named again */
    static NodeCondition of(Map<String, Mounts.Space> disks) {
        Map<Mounts.Space, String> pressed = new LinkedHashMap<>();
        disks.forEach((disk, space) -> {
            String lacking = lacking(space);
            if (!lacking.isEmpty()) {
                pressed.putIfAbsent(
                        space,
                        "%s, has less than %d %% of its %s left: make room there"
                                .formatted(disk, LEAST_FREE_PERCENT, lacking));
            }
        });
        return NodeCondition.newBuilder()
                .setType(TYPE)
                .setActive(!pressed.isEmpty())
                .setReason(pressed.isEmpty() ? "No" + TYPE : TYPE)
                .setMessage(
                        pressed.isEmpty()
                                ? "the agent's disks have space"
                                : pressed.values().stream().collect(Collectors.joining("; ")))
                .build();
    }

    /** Empty when it has enough. */
    private static String lacking(Mounts.Space space) {
        if (space.available() < space.size() / 100 * LEAST_FREE_PERCENT) {
            return "space";
        }
        return space.inodes() > 0 && space.freeInodes() < space.inodes() / 100 * LEAST_FREE_PERCENT ? "files" : "";
    }
}
