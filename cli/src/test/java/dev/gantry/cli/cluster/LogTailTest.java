package dev.gantry.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LogTailTest {
    @TempDir
    private Path folder;

    private Path log;

    @BeforeEach
    void writeSomethingOld() throws IOException {
        log = folder.resolve("agent.log");
        Files.writeString(log, "old\n");
    }

    @Test
    void whatWasThereBeforeIsNotShownAndLinesAreShownWhole() throws IOException {
        try (LogTail tail = LogTail.fromEnd(log)) {
            assertThat(tail.poll()).isEmpty();
            append("one\ntw");
            assertThat(tail.poll()).containsExactly("one");
            append("ö\n");
            assertThat(tail.poll()).containsExactly("twö");
        }
    }

    @Test
    void linesBeforeAndAfterARotationAreAllShownInOrder() throws IOException {
        try (LogTail tail = LogTail.fromEnd(log)) {
            append("one\n");
            Files.move(log, folder.resolve("agent.log.1"));
            assertThat(tail.poll()).containsExactly("one");
            Files.writeString(log, "two\n");
            assertThat(tail.poll()).containsExactly("two");
            append("three\n");
            assertThat(tail.poll()).containsExactly("three");
        }
    }

    @Test
    void aRotationBetweenTwoLooksLosesNothing() throws IOException {
        try (LogTail tail = LogTail.fromEnd(log)) {
            append("one\n");
            Files.move(log, folder.resolve("agent.log.1"));
            Files.writeString(log, "two\n");
            append("three\n");
            assertThat(tail.poll()).containsExactly("one", "two", "three");
        }
    }

    @Test
    void aLogThatIsNotThereYetIsShownFromItsBeginning() throws IOException {
        Path later = folder.resolve("later.log");
        try (LogTail tail = LogTail.fromEnd(later)) {
            assertThat(tail.poll()).isEmpty();
            Files.writeString(later, "first\n");
            assertThat(tail.poll()).containsExactly("first");
        }
    }

    private void append(String text) throws IOException {
        Files.writeString(log, text, StandardOpenOption.APPEND);
    }
}
