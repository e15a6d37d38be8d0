package dev.gantry.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProcessWatchTest {
    private static final int TIMES = 500;

    /** Its thread comes back from telling of an end just then, and must not take away what it is woken by. */
    @Test
    void isClosedAtTheMomentAProcessEnds() throws Exception {
        try (Descriptor program =
                Memfd.sealed("true", Files.readAllBytes(Path.of("/bin/true").toRealPath()))) {
            for (int i = 0; i < TIMES; i++) {
                ProcessWatch watch = new ProcessWatch();
                CountDownLatch ended = new CountDownLatch(1);
                int pid = Spawn.spawn(program, List.of("true"), List.of());
                watch.watch(ProcessIdentity.of(pid).orElseThrow(), ended::countDown);
                assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
                watch.close();
            }
        }
    }
}
