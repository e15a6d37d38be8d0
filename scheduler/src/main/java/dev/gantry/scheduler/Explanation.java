package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Why no node can take a pod.
 *
 * @param rejections node name → why not, in order of names; each node has at least one
 */
public record Explanation(Map<String, List<Rejection>> rejections) {
    // Beyond this, the sentence helps nobody; the rarest reasons go.
    private static final int MAX_PHRASES = 8;

    public Explanation {
        rejections = new TreeMap<>(requireNonNull(rejections, "rejections is null"));
    }

    public Set<Reason> reasons() {
        Set<Reason> reasons = EnumSet.noneOf(Reason.class);
        rejections.values().forEach(list -> list.forEach(rejection -> reasons.add(rejection.reason())));
        return reasons;
    }

    /**
     * One sentence with the numbers, such as "0 of 3 nodes fit: 2 lack 300m CPU (nearest: node-b lacks 120m), 1 is cordoned". A node that lacks two
     * resources is counted for both.
     */
    public String sentence() {
        if (rejections.isEmpty()) {
            return "0 of 0 nodes fit: no node has joined the cluster";
        }
        Map<Object, Group> groups = new LinkedHashMap<>();
        rejections.forEach((node, list) ->
                list.forEach(rejection -> groups.computeIfAbsent(groupOf(rejection), _ -> new Group(new ArrayList<>()))
                        .members
                        .add(new Member(node, rejection))));
        String phrases = groups.values().stream()
                .sorted(Comparator.comparingInt((Group group) -> -group.members.size())
                        .thenComparing(
                                group -> group.members.getFirst().rejection.reason()))
                .limit(MAX_PHRASES)
                .map(Group::phrase)
                .collect(joining(", "));
        return "0 of %d node%s fit%s: %s"
                .formatted(
                        rejections.size(),
                        rejections.size() == 1 ? "" : "s",
                        rejections.size() == 1 ? "s" : "",
                        phrases);
    }

    private record GroupKey(Reason reason, String text) {}

    private static Object groupOf(Rejection rejection) {
        return switch (rejection) {
            case Rejection.Unfit unfit -> new GroupKey(unfit.reason(), unfit.detail());
            case Rejection.Lack lack -> new GroupKey(lack.reason(), lack.resource());
        };
    }

    private record Member(String node, Rejection rejection) {}

    private record Group(List<Member> members) {
        String phrase() {
            long count = members.size();
            Rejection first = members.getFirst().rejection;
            return switch (first) {
                case Rejection.Unfit unfit ->
                    count + " " + unfit.reason().phrase(count)
                            + (unfit.detail().isEmpty() ? "" : " (" + unfit.detail() + ")");
                case Rejection.Lack lack ->
                    "%d %s %s %s (nearest: %s)"
                            .formatted(
                                    count,
                                    lack.reason().phrase(count),
                                    Amounts.format(lack.reason(), lack.requested()),
                                    lack.resource(),
                                    nearest());
            };
        }

        private String nearest() {
            Member nearest = members.stream()
                    .min(Comparator.comparingLong(Group::missing).thenComparing(Member::node))
                    .orElseThrow();
            return nearest.node + " lacks " + Amounts.format(nearest.rejection.reason(), missing(nearest));
        }

        private static long missing(Member member) {
            return member.rejection instanceof Rejection.Lack lack ? lack.missing() : Long.MAX_VALUE;
        }
    }
}
