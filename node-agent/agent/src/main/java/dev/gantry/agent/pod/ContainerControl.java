package dev.gantry.agent.pod;

import dev.gantry.agent.container.ContainerRuntime.Container;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done to a container that runs: signals, freezing. In order, and beside the pod's thread, since the kernel may take its time. */
final class ContainerControl {
    private static final Logger log = LoggerFactory.getLogger(ContainerControl.class);

    /** One call of the runtime. */
    interface Call {
        void on(Container container) throws IOException;
    }

    private final ContainerOwner owner;
    private final String name;
    private final Lane lane;

    /** @param name of the container */
    ContainerControl(ContainerOwner owner, String name) {
        this.owner = owner;
        this.name = name;
        this.lane = Lane.virtual("kernel-%s-%s".formatted(owner.pod().getName(), name));
    }

    /**
     * @param what a verb, for messages
     * @param failed run on the pod's thread when the call failed
     */
    void submit(String what, Container container, Call call, Runnable failed) {
        lane.submit(() -> {
            try {
                call.on(container);
            } catch (IOException e) {
                log.warn("Could not {} container {}", what, container.config().id(), e);
                owner.post(() -> {
                    owner.event(
                            "Failed",
                            "Could not %s container %s: %s".formatted(what, name, e.getMessage()),
                            true,
                            name);
                    failed.run();
                });
            }
        });
    }
}
