package dev.gantry.linux.launcher;

import dev.gantry.linux.Descriptor;
import dev.gantry.linux.LinuxException;
import dev.gantry.linux.Memfd;
import dev.gantry.linux.NativeThreads;
import dev.gantry.linux.Pipe;
import dev.gantry.linux.Spawn;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Starts launchers. The program is in this module's jar; it is copied once into a sealed file in memory and run from there: nothing on disk has to be executable, no
 * container can write to it (CVE-2019-5736), and an upgrade of the jar does not change what runs.
 */
public final class Launcher {
    private static final String RESOURCE = "/dev/gantry/linux/launcher/gantry-launcher";
    private static final int MOST_AT_ONCE = 256;

    private static final NativeThreads.Lane LANE = new NativeThreads.Lane("native-launch", MOST_AT_ONCE);

    private Launcher() {}

    private static final class Program {
        static final Descriptor MEMFD = load();

        private static Descriptor load() {
            try (InputStream in = Launcher.class.getResourceAsStream(RESOURCE)) {
                if (in == null) {
                    throw new IllegalStateException(
                            "The jar lacks %s: it was built without the launcher".formatted(RESOURCE));
                }
                return Memfd.sealed("gantry-launcher", in.readAllBytes());
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    /**
     * Starts a process through a launcher, and returns once it has executed its program. Not interruptible, so that nobody loses track of what was started.
     *
     * @param name shown by ps(1)
     * @param runDirectory where the launcher puts {@code started}, {@code control} and {@code exit}; owner only
     * @param lock a locked file: the launcher holds the lock while it lives
     * @throws LaunchException when the launcher could not start it; nothing of it is left
     */
    public static Started start(LaunchSpec spec, String name, Descriptor runDirectory, Descriptor lock)
            throws IOException {
        byte[] bytes = spec.toBytes();
        return LANE.callUninterruptibly(() -> {
            try (Descriptor file = Memfd.create("gantry-spec")) {
                file.write(bytes);
                file.seek(0);
                return Started.parse(spawn(List.of("gantry-launcher", "run", name), file, runDirectory, lock));
            }
        });
    }

    /** Runs the program in another mode; returns what it reports. */
    static String startMode(List<String> arguments, Descriptor runDirectory, Descriptor lock) throws IOException {
        return LANE.callUninterruptibly(() -> {
            try (Descriptor file = Memfd.create("gantry-spec")) {
                return spawn(arguments, file, runDirectory, lock);
            }
        });
    }

    private static String spawn(List<String> arguments, Descriptor input, Descriptor runDirectory, Descriptor lock)
            throws LinuxException {
        try (Pipe status = Pipe.open("status of " + arguments)) {
            int pid = Spawn.spawn(Program.MEMFD, arguments, List.of(input, status.writer(), runDirectory, lock));
            status.writer().close();
            String report = new String(readAll(status.reader()), StandardCharsets.UTF_8);
            if (!report.startsWith("S")) {
                Spawn.await(pid);
            }
            return report;
        }
    }

    private static byte[] readAll(Descriptor descriptor) throws LinuxException {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        byte[] buffer = new byte[1024];
        int count;
        while ((count = descriptor.read(buffer, 0, buffer.length)) > 0) {
            all.write(buffer, 0, count);
        }
        return all.toByteArray();
    }
}
