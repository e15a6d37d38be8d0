package dev.gantry.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class LoadReportTest {
    private static final String CLEAN = """
            {"ordinary":600,"slow":40,"failed":0,"seconds":10,"first":{"1":100,"2":104},"last":{"1":108,"2":112},"count":{"1":300,"2":340},"failures":[]}""";

    @Test
    void aCleanRolloutHasNoProblems() throws IOException {
        assertThat(report(CLEAN).problems(105)).isEmpty();
    }

    @Test
    void eachPromiseIsChecked() throws IOException {
        assertThat(report(CLEAN.replace("\"failed\":0", "\"failed\":1")).problems(105))
                .singleElement()
                .asString()
                .contains("1 of 640 requests");
        assertThat(report(CLEAN.replace("\"ordinary\":600", "\"ordinary\":499")).problems(105))
                .singleElement()
                .asString()
                .contains("49.9 requests a second");
        assertThat(report(CLEAN).problems(103))
                .singleElement()
                .asString()
                .contains("after the first old pod had stopped");
        assertThat(report(CLEAN.replace("\"1\":108", "\"1\":112")).problems(105))
                .singleElement()
                .asString()
                .contains("still saw version 1");
        assertThat(report(CLEAN.replace(",\"2\":340", "")).problems(105))
                .singleElement()
                .asString()
                .contains("did not see both versions");
    }

    private static LoadReport report(String json) throws IOException {
        return new LoadReport("host", Load.parse(json));
    }
}
