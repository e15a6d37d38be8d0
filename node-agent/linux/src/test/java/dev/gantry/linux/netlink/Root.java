package dev.gantry.linux.netlink;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** For tests that change kernel state: they need root, and say so when they are left out. */
public final class Root {
    private Root() {}

    public static void require() throws IOException {
        assumeTrue(
                Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
                "needs root: makes network namespaces");
    }
}
