package dev.gantry.e2e.host;

import java.nio.file.Path;

/** A small image for pods of tests: Debian's busybox with all its applets, imported as a user does it. It has no command of its own. */
public final class BusyboxImage {
    /** For {@code image:} in manifests. */
    public static final String NAME = "busybox:test";

    /** Another name of the same, to roll to. */
    public static final String OTHER_NAME = "busybox:other";

    private BusyboxImage() {}

    /** Brings the image to a host whose cluster is up. */
    public static void bringTo(TestHost host) {
        host.gantry(
                        "build",
                        "--quiet",
                        "--import",
                        "--tag",
                        NAME,
                        "--tag",
                        OTHER_NAME,
                        exportTo(host).toString())
                .ok();
    }

    /** The archive of its root, to be imported, in the host's folder. */
    public static Path exportTo(TestHost host) {
        Path root = host.folder().resolve("busybox.tar");
        host.inside("sh", "-c", TestHost.home().resolve("base-images/busybox") + " > " + root)
                .ok();
        return root;
    }
}
