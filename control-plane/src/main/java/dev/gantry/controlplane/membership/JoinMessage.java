package dev.gantry.controlplane.membership;

import java.util.List;
import java.util.Map;

/** What a control plane that joins asks and is answered, as JSON. */
final class JoinMessage {
    /** Where it is asked. Open to hosts without a certificate: the request carries a secret of its own. */
    static final String PATH = "/gantry/control-planes/join";

    private JoinMessage() {}

    /**
     * @param replica the name that the joining control plane has given itself
     * @param address host:port, where it will answer
     */
    record Request(String tokenId, String tokenSecret, String replica, String address) {}

    /**
     * @param id of the member of the quorum; 0 with an external ensemble
     * @param members lines of the quorum as it is, without the one that joins
     * @param secrets by the file's name
     */
    record Answer(int id, List<String> members, Map<String, String> secrets, ClusterShape shape) {}
}
