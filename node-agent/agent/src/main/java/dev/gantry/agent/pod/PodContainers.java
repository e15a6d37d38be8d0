package dev.gantry.agent.pod;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.container.ContainerRuntime.Container;
import dev.gantry.agent.pod.ContainerView.Role;
import dev.gantry.wire.node.v1.ContainerSpec;
import dev.gantry.wire.node.v1.PodSpec;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A pod's containers, in the order of its spec; last those that it no longer has. Used by the pod's thread only. */
final class PodContainers {
    private final ContainerOwner owner;
    private final PodContext context;
    private final Map<String, ContainerLife> lives = new LinkedHashMap<>();

    PodContainers(ContainerOwner owner, PodContext context) {
        this.owner = owner;
        this.context = context;
    }

    /** Brings them in line with a spec. What runs, runs on. */
    void arrange(PodSpec spec, PodRecord record) {
        Map<String, ContainerLife> before = new LinkedHashMap<>(lives);
        lives.clear();
        for (ContainerSpec init : spec.getInitContainersList()) {
            arrange(init, init.getSidecar() ? Role.SIDECAR : Role.INIT, before, record);
        }
        for (ContainerSpec main : spec.getContainersList()) {
            arrange(main, Role.MAIN, before, record);
        }
        for (ContainerRecord stray : record.containers()) {
            if (!lives.containsKey(stray.name())) {
                ContainerLife life = before.get(stray.name());
                ContainerSpec known = life == null
                        ? ContainerSpec.newBuilder().setName(stray.name()).build()
                        : life.view().spec();
                arrange(known, Role.STRAY, before, record);
            }
        }
    }

    private void arrange(ContainerSpec spec, Role role, Map<String, ContainerLife> before, PodRecord record) {
        ContainerLife life = before.get(spec.getName());
        if (life == null) {
            life = new ContainerLife(owner, context, spec, role, record.container(spec.getName()));
        } else {
            life.respec(spec, role);
        }
        lives.put(spec.getName(), life);
    }

    /**
     * Takes up what an earlier agent left.
     *
     * @param found containers of the runtime, by id
     */
    void adopt(Map<String, Container> found, boolean rebooted) {
        for (ContainerLife life : lives.values()) {
            life.adopt(Optional.ofNullable(found.get(life.id())), rebooted);
        }
    }

    boolean anyRuns() {
        return lives.values().stream().anyMatch(life -> life.view().run().running());
    }

    void networkAttached() {
        lives.values().forEach(ContainerLife::networkAttached);
    }

    /** After a reboot, what init containers and sidecars did is done again. */
    void startAnew() {
        lives.values().forEach(ContainerLife::startAnew);
    }

    /** Ids of those of which the runtime may hold something. */
    List<String> held() {
        return lives.values().stream()
                .filter(life -> life.view().run().held())
                .map(ContainerLife::id)
                .toList();
    }

    void perform(PodAction.OfContainer action) {
        ContainerLife life = requireNonNull(lives.get(action.container()), "the plan names a container of the pod");
        switch (action) {
            case PodAction.Start start -> life.start();
            case PodAction.BeginStop stop -> life.beginStop(stop.deadlineMillis(), stop.why());
            case PodAction.Signal signal -> life.signal();
            case PodAction.Kill kill -> life.kill();
            case PodAction.Pause pause -> life.pause();
            case PodAction.Resume resume -> life.resume();
            case PodAction.Free free -> life.free();
        }
    }

    /** Tries at once what waits for something that may have come (an image). */
    void retryNow() {
        lives.values().forEach(ContainerLife::retryNow);
    }

    List<ContainerView> views() {
        return lives.values().stream().map(ContainerLife::view).toList();
    }

    /** Why some have not started, by name. */
    Map<String, Waiting> waiting() {
        Map<String, Waiting> waiting = new HashMap<>();
        lives.forEach((name, life) -> {
            if (life.waiting() != null) {
                waiting.put(name, life.waiting());
            }
        });
        return waiting;
    }

    /** Digests of the images that they were started with, by name. */
    Map<String, String> images() {
        Map<String, String> images = new HashMap<>();
        lives.forEach((name, life) -> images.put(name, life.imageDigest()));
        return images;
    }

    /** Those that run, by name. */
    Map<String, Container> running() {
        Map<String, Container> running = new HashMap<>();
        lives.forEach((name, life) -> life.running().ifPresent(container -> running.put(name, container)));
        return Map.copyOf(running);
    }

    /** Stops watching; the containers run on. */
    void close() {
        lives.values().forEach(ContainerLife::close);
    }
}
