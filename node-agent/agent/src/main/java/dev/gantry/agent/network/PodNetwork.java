package dev.gantry.agent.network;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Gives pods their network namespace, address and routes. Idempotent by pod uid, across restarts of the agent. Blocking; native work is on its own pool. */
public interface PodNetwork {
    /**
     * The pod's namespaces and address; the same ones when it has them already.
     *
     * @param userNamespace whether the pod gets a user namespace of its own, made together with its network namespace
     * @throws IOException with a sentence for the user; nothing is left behind
     */
    Attachment attach(String podUid, boolean userNamespace, List<HostPort> hostPorts) throws IOException;

    /**
     * What a pod is attached by, as an earlier agent left it, also before this one has been configured; empty when it has none or it is not whole: its
     * namespaces ended with their holder, or its link was taken away.
     */
    Optional<Attachment> find(String podUid) throws IOException;

    /** As {@link #find}, of a pod attached by {@link #attachToHost}. */
    Optional<Attachment> findOnHost(String podUid, String hostAddress) throws IOException;

    /**
     * What the containers of a pod share that uses the host's network: an ipc namespace and /dev/shm; the same ones when it has them already.
     *
     * @param hostAddress becomes the pod's
     */
    Attachment attachToHost(String podUid, String hostAddress) throws IOException;

    /** Frees all of it. Idempotent. */
    void detach(String podUid) throws IOException;

    /** Detaches every pod that is not in {@code podUids}. Used after adoption. */
    void detachAllBut(Collection<String> podUids) throws IOException;

    /**
     * @param networkNamespace path that a launcher can open, such as beneath /proc/PID/fd of the holder; empty for the host's
     * @param ipcNamespace as networkNamespace
     * @param utsNamespace as networkNamespace; empty for the host's
     * @param userNamespace as networkNamespace; empty without one
     * @param sharedMemory the pod's /dev/shm, as the holder tells it
     * @param userBase first host id of the user namespace's 65,536; 0 without one
     * @param address IPv4
     */
    record Attachment(
            String networkNamespace,
            String ipcNamespace,
            String utsNamespace,
            String userNamespace,
            String sharedMemory,
            int userBase,
            String address) {}

    /** @param hostAddress empty for every address of the host but loopback */
    record HostPort(String hostAddress, int hostPort, int containerPort, Transport transport) {}

    enum Transport {
        TCP,
        UDP
    }
}
