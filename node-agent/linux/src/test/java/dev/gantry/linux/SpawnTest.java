package dev.gantry.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SpawnTest {
    @Test
    void runsASealedProgramAndReapsIt() throws Exception {
        try (Descriptor program = Memfd.sealed(
                        "echo", Files.readAllBytes(Path.of("/bin/echo").toRealPath()));
                Pipe pipe = Pipe.open("test");
                ProcessWatch watch = new ProcessWatch()) {
            int pid = Spawn.spawn(program, List.of("echo", "grüße"), List.of(pipe.writer(), pipe.writer()));
            ProcessIdentity process = ProcessIdentity.of(pid).orElseThrow();
            CountDownLatch ended = new CountDownLatch(1);
            watch.watch(process, ended::countDown);
            pipe.writer().close();
            assertThat(new String(pipe.reader().input().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("grüße\n");
            assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(process.isAlive()).isFalse();
            assertThat(ProcessIdentity.of(pid)).isEmpty();
        }
    }

    @Test
    void readsHostFacts() throws Exception {
        HostFacts facts = HostFacts.read();
        assertThat(facts.bootId()).matches("[0-9a-f-]{36}");
        assertThat(facts.memoryBytes()).isGreaterThan(1L << 28);
        assertThat(facts.cpus()).isPositive();
    }
}
