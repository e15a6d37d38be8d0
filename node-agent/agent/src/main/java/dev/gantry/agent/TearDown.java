package dev.gantry.agent;

import dev.gantry.agent.pod.PodsTearDown;
import dev.gantry.agent.session.NodeMembership;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes Gantry off a host: what runs is stopped, and the kernel is as it was before the first agent. Works from what is on disk, whatever was killed
 * before, and again when it was cut short.
 */
final class TearDown {
    private static final Logger log = LoggerFactory.getLogger(TearDown.class);

    private TearDown() {}

    static void run(TearDownOptions options) throws IOException {
        try (HostRooms rooms = HostRooms.open(options)) {
            PodsTearDown pods = new PodsTearDown(rooms.state(), rooms.run());
            pods.stop(rooms.runtime(), Duration.ofSeconds(options.graceSeconds));
            rooms.nodeNetwork().tearDown();
            rooms.holder().shutDown();
            rooms.cgroups().delete();
            if (options.forgetCluster) {
                pods.forget();
                NodeMembership.forget(rooms.state());
            }
            log.info("Nothing of Gantry is left in the kernel of this host");
        }
    }
}
