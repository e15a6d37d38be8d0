package dev.gantry.controlplane.zookeeper;

import java.util.Comparator;
import java.util.List;

/**
 * Which members of a quorum vote: always an odd number, as an even one survives no more losses than the odd one below it. So the second of two follows
 * without a vote, and with the third both get one. Pure.
 */
final class Votes {
    private static final int MOST = 5;

    private Votes() {}

    /** @return the same members, by id; those that vote keep it where they can, and the lowest ids come first */
    static List<QuorumMember> assign(List<QuorumMember> members) {
        int voters = Math.min(MOST, members.size() % 2 == 0 ? members.size() - 1 : members.size());
        List<Integer> chosen = members.stream()
                .sorted(Comparator.comparing((QuorumMember member) -> !member.voting())
                        .thenComparing(QuorumMember::id))
                .limit(Math.max(1, voters))
                .map(QuorumMember::id)
                .toList();
        return members.stream()
                .sorted(Comparator.comparing(QuorumMember::id))
                .map(member -> member.withVote(chosen.contains(member.id())))
                .toList();
    }
}
