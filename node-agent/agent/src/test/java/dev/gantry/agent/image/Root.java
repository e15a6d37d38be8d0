package dev.gantry.agent.image;

import org.junit.jupiter.api.Assumptions;

/** For tests that need root: owners, whiteouts and overlay attributes are its alone. */
public final class Root {
    private Root() {}

    public static void assume() {
        Assumptions.assumeTrue(
                "root".equals(System.getProperty("user.name")), "needs root: layers hold owners and whiteouts");
    }
}
