package dev.gantry.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.common.process.ConfigurationException;
import dev.gantry.common.process.ExitCode;
import dev.gantry.controlplane.store.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** How the process ends when it can't start: a supervisor reads nothing but its exit code. */
final class MainTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureMeansWhatItMeans(Throwable failure, ExitCode expected) {
        assertThat(Main.exitCode(failure)).isEqualTo(expected);
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new ConfigurationException("too old"), ExitCode.CONFIGURATION),
                Arguments.of(new AccessDeniedException("/var/lib/gantry"), ExitCode.CONFIGURATION),
                Arguments.of(new IllegalArgumentException("--node-ports 7"), ExitCode.CONFIGURATION),
                Arguments.of(new IllegalStateException("could not open :6443"), ExitCode.CONFIGURATION),
                Arguments.of(new StoreException.Misconfigured("jute.maxbuffer"), ExitCode.CONFIGURATION),
                Arguments.of(
                        new FileSystemException("/var/lib/gantry/x", null, "No space left on device"),
                        ExitCode.TEMPORARY),
                Arguments.of(new ConnectException("Connection refused"), ExitCode.TEMPORARY),
                Arguments.of(new IOException("no member can be reached"), ExitCode.TEMPORARY),
                Arguments.of(new StoreException.Unavailable("did not answer"), ExitCode.TEMPORARY),
                Arguments.of(new NullPointerException("x is null"), ExitCode.FAULT),
                Arguments.of(new UnsatisfiedLinkError("zstd"), ExitCode.FAULT));
    }

    @Test
    void aFlagThatIsUnknownEndsIt() throws Exception {
        Ended ended = start("--prot", "6443");
        assertThat(ended.code()).isEqualTo(78);
        assertThat(ended.said()).contains("Unknown option", "--prot");
    }

    @Test
    void aPortInUseEndsIt() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            Ended ended = start("--listen", "127.0.0.1", "--port", Integer.toString(taken.getLocalPort()));
            assertThat(ended.code()).isEqualTo(78);
            assertThat(ended.said()).contains(Integer.toString(taken.getLocalPort()), "in use");
        }
    }

    @Test
    void keysThatOthersMayReadEndIt() throws Exception {
        Path keys = directory.resolve("state/store.keys");
        Files.createDirectories(keys.getParent());
        Files.writeString(keys, "1 AAAA");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-r--r--"));
        Ended ended = start("--listen", "127.0.0.1", "--port", "1");
        assertThat(ended.code()).isEqualTo(78);
        assertThat(ended.said()).contains("chmod 600 " + keys);
    }

    @Test
    void anEnsembleThatIsNotThereYetIsWorthAnotherTry() throws Exception {
        Ended ended = start("--zookeeper", "127.0.0.1:1", "--port", "1");
        assertThat(ended.code()).isEqualTo(75);
        assertThat(ended.said()).contains("127.0.0.1:1", "Connection refused");
    }

    private Ended start(String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(
                "--state",
                directory.resolve("state").toString(),
                "--kubeconfig",
                directory.resolve("kubeconfig").toString()));
        all.addAll(List.of(arguments));
        return run(all.toArray(String[]::new));
    }

    private static Ended run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (InputStream errors = process.getErrorStream()) {
            String said = new String(errors.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Ended(
                    process.exitValue(),
                    said.lines()
                            .filter(line -> line.startsWith("gantry: "))
                            .findFirst()
                            .orElse(said));
        } finally {
            process.destroyForcibly();
        }
    }

    private record Ended(int code, String said) {}
}
