package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.network.PodNetwork.HostPort;
import java.util.List;

/**
 * What is remembered of a pod's network, version 1. Written before the kernel is asked for anything, so that whatever was made can be found.
 *
 * @param link of the near end of its veth pair; unique, and never used again
 * @param attached whether everything was made
 */
record PodRecord(
        String podUid,
        String address,
        String link,
        String hardwareAddress,
        boolean userNamespace,
        List<HostPort> hostPorts,
        boolean attached) {
    PodRecord {
        requireNonNull(podUid, "podUid is null");
        requireNonNull(address, "address is null");
        requireNonNull(link, "link is null");
        requireNonNull(hardwareAddress, "hardwareAddress is null");
        hostPorts = List.copyOf(hostPorts);
    }

    PodRecord wiredBy(VethEnds ends) {
        return new PodRecord(podUid, address, ends.link(), ends.hardwareAddress(), userNamespace, hostPorts, false);
    }

    PodRecord nowAttached() {
        return new PodRecord(podUid, address, link, hardwareAddress, userNamespace, hostPorts, true);
    }

    VethEnds ends() {
        return new VethEnds(link, hardwareAddress);
    }
}
