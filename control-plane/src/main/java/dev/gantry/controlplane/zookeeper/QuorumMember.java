package dev.gantry.controlplane.zookeeper;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One server of the embedded quorum, as ZooKeeper's dynamic configuration names it. Clients reach it on loopback only.
 *
 * @param id 1 to 255, never given twice in a cluster
 * @param host where the other members reach it; in brackets when it is an IPv6 address
 * @param quorumPort where followers connect to the leader
 * @param electionPort where members agree on a leader
 * @param voting whether it counts for the majority; one that does not follows all the same
 * @param clientPort on 127.0.0.1
 */
public record QuorumMember(int id, String host, int quorumPort, int electionPort, boolean voting, int clientPort) {
    private static final int HIGHEST_ID = 255;
    private static final Pattern LINE = Pattern.compile(
            "server\\.(\\d+)=(\\[[^]]+]|[^:]+):(\\d+):(\\d+):(participant|observer);127\\.0\\.0\\.1:(\\d+)");

    public QuorumMember {
        requireNonNull(host, "host is null");
        if (id < 1 || id > HIGHEST_ID) {
            throw new IllegalArgumentException(
                    "the id of a quorum's member is %d, expected 1 to %d".formatted(id, HIGHEST_ID));
        }
    }

    /** @throws IllegalArgumentException when it is no line of a configuration that we wrote */
    public static QuorumMember parse(String line) {
        Matcher matcher = LINE.matcher(line.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'%s' is no member of our quorum".formatted(line));
        }
        return new QuorumMember(
                Integer.parseInt(matcher.group(1)),
                matcher.group(2),
                Integer.parseInt(matcher.group(3)),
                Integer.parseInt(matcher.group(4)),
                matcher.group(5).equals("participant"),
                Integer.parseInt(matcher.group(6)));
    }

    /** The members of a dynamic configuration, whatever else it says. */
    static List<QuorumMember> parseAll(String configuration) {
        List<QuorumMember> members = new ArrayList<>();
        configuration.lines().filter(line -> line.startsWith("server.")).forEach(line -> members.add(parse(line)));
        return List.copyOf(members);
    }

    /** As a line of a configuration. */
    public String line() {
        return "server.%d=%s:%d:%d:%s;127.0.0.1:%d"
                .formatted(id, host, quorumPort, electionPort, voting ? "participant" : "observer", clientPort);
    }

    public QuorumMember withVote(boolean vote) {
        return new QuorumMember(id, host, quorumPort, electionPort, vote, clientPort);
    }
}
