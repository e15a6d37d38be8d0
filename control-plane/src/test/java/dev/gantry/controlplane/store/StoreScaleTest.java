package dev.gantry.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A large namespace, loaded by a process with 512 MiB of heap for server and cache together. {@code -Dgantry.full} has the full size and holds it to its
 * time; without it the machine may be busy, and only that it loads is shown.
 */
final class StoreScaleTest {
    private static final boolean FULL = System.getProperty("gantry.full") != null;
    private static final int OBJECTS = FULL ? 100_000 : 20_000;
    private static final long LONGEST_LOAD_MILLIS = 5_000;
    private static final Pattern SAID = Pattern.compile("objects=(\\d+) .*load-millis=(\\d+) .*");

    @TempDir
    private Path directory;

    @Test
    void aLargeNamespaceIsLoaded() throws Exception {
        run("seed");
        Matcher loaded = run("load");
        System.out.println(loaded.group());
        assertThat(Integer.parseInt(loaded.group(1))).isEqualTo(OBJECTS);
        if (FULL) {
            assertThat(Long.parseLong(loaded.group(2))).isLessThanOrEqualTo(LONGEST_LOAD_MILLIS);
        }
    }

    private Matcher run(String what) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseCompactObjectHeaders",
                        "-Xmx512m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        LoadMeasurement.class.getName(),
                        what,
                        directory.toString(),
                        Integer.toString(OBJECTS))
                .redirectErrorStream(true)
                .start();
        try (InputStream output = process.getInputStream()) {
            String said = new String(output.readAllBytes(), UTF_8);
            Matcher matcher = SAID.matcher(said);
            assertThat(process.waitFor()).as(said).isZero();
            assertThat(matcher.find()).as(said).isTrue();
            return matcher;
        } finally {
            process.destroyForcibly();
        }
    }
}
