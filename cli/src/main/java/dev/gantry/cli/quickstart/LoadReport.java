package dev.gantry.cli.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What one load generator saw, and what is wrong with it. Times are seconds since boot. Pure.
 *
 * @param source pod or host
 */
record LoadReport(String source, JsonNode json) {
    static final double REQUIRED_RATE = 50;

    int requests() {
        return json.path("ordinary").asInt() + json.path("slow").asInt();
    }

    int failed() {
        return json.path("failed").asInt();
    }

    double rate() {
        return json.path("ordinary").asInt()
                / Math.max(0.01, json.path("seconds").asDouble());
    }

    /**
     * @param firstStop when the first old pod stopped
     * @return sentences; empty when all is as it must be
     */
    List<String> problems(double firstStop) {
        List<String> problems = new ArrayList<>();
        if (failed() > 0) {
            problems.add("%d of %d requests from the %s failed: %s"
                    .formatted(failed(), requests(), source, json.path("failures")));
        }
        if (rate() < REQUIRED_RATE) {
            problems.add("only %.1f requests a second from the %s; at least %.0f are meant"
                    .formatted(rate(), source, REQUIRED_RATE));
        }
        if (!json.path("count").has("1") || !json.path("count").has("2")) {
            problems.add("the %s did not see both versions: %s".formatted(source, json.path("count")));
            return problems;
        }
        double firstOfNew = json.at("/first/2").asDouble();
        if (firstOfNew > firstStop) {
            problems.add("the %s saw version 2 only at %.2f s, after the first old pod had stopped at %.2f s"
                    .formatted(source, firstOfNew, firstStop));
        }
        if (json.at("/last/1").asDouble() >= json.at("/last/2").asDouble()) {
            problems.add("the %s still saw version 1 at the end".formatted(source));
        }
        return problems;
    }
}
