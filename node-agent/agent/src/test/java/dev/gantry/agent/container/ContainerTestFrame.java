package dev.gantry.agent.container;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Around each test that runs containers: a runtime of its own, and nothing left after it. */
abstract class ContainerTestFrame {
    @TempDir
    Path directory;

    ContainerFixture fixture;

    @BeforeEach
    void begin() throws IOException {
        assumeTrue(ContainerFixture.canRun(), "needs root and /bin/busybox: it runs containers");
        fixture = new ContainerFixture(directory);
    }

    @AfterEach
    void end() throws IOException {
        if (fixture != null) {
            fixture.close();
        }
    }
}
