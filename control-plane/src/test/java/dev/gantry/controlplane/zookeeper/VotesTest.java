package dev.gantry.controlplane.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class VotesTest {
    @Test
    void theSecondFollowsWithoutAVoteAndTheThirdBringsBothOne() {
        assertThat(voters(List.of(member(1, true), member(2, false)))).containsExactly(1);
        assertThat(voters(List.of(member(1, true), member(2, false), member(3, false))))
                .containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void oneOfTwoThatAreLeftGivesItsVoteBack() {
        assertThat(voters(List.of(member(2, true), member(3, true)))).containsExactly(2);
    }

    @Property
    void theirNumberIsOddAndNoneLosesItsVoteWithoutNeed(
            @ForAll @Size(min = 1, max = 9) Set<@IntRange(min = 1, max = 255) Integer> ids,
            @ForAll @IntRange(min = 1, max = 255) int votesFrom) {
        List<QuorumMember> before =
                ids.stream().map(id -> member(id, id >= votesFrom)).toList();
        Set<Integer> after = voters(before);
        assertThat(after.size() % 2).isEqualTo(1);
        assertThat(after.size()).isGreaterThanOrEqualTo(Math.min(5, ids.size() - 1));
        long had = before.stream().filter(QuorumMember::voting).count();
        long kept = before.stream()
                .filter(member -> member.voting() && after.contains(member.id()))
                .count();
        assertThat(kept).isEqualTo(Math.min(had, after.size()));
    }

    private static Set<Integer> voters(List<QuorumMember> members) {
        return Votes.assign(members).stream()
                .filter(QuorumMember::voting)
                .map(QuorumMember::id)
                .collect(Collectors.toSet());
    }

    private static QuorumMember member(int id, boolean voting) {
        return new QuorumMember(id, "192.0.2." + id, 6444, 6445, voting, 6446);
    }
}
