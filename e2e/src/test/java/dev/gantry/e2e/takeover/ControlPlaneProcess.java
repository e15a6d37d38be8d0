package dev.gantry.e2e.takeover;

import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Kubeconfig;
import dev.gantry.e2e.host.Commands;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A control plane as a process of its own, listening on 127.0.0.1 only and reached by others through a relay. Closing it kills it. */
final class ControlPlaneProcess implements AutoCloseable {
    private static final List<String> SHARED_IDENTITY = List.of("pki/authority.pem", "store.credential", "store.keys");
    private static final Path ROOT =
            Path.of(System.getProperty("gantry.root", "..")).toAbsolutePath().normalize();

    private final Path directory;
    private final int port;
    private final HeldRelay relay;
    private final Process process;

    private ControlPlaneProcess(Path directory, int port, HeldRelay relay, Process process) {
        this.directory = directory;
        this.port = port;
        this.relay = relay;
        this.process = process;
    }

    /**
     * @param directory of its own: state, kubeconfig and log
     * @param relayHost a loopback address of its own: where agents and other control planes are told that it is
     */
    static ControlPlaneProcess start(Path directory, String relayHost, String ensemble) throws IOException {
        Files.createDirectories(directory);
        int port = freePort();
        HeldRelay relay =
                new HeldRelay(new InetSocketAddress(relayHost, port), new InetSocketAddress("127.0.0.1", port));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dlogback.configurationFile=" + ROOT.resolve("deploy/conf/logback.xml"),
                "-Dgantry.log=" + directory.resolve("log"),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "dev.gantry.controlplane.Main"));
        command.addAll(List.of("--state", directory.resolve("state").toString()));
        command.addAll(List.of("--kubeconfig", directory.resolve("kubeconfig").toString()));
        command.addAll(List.of("--listen", "127.0.0.1", "--port", Integer.toString(port), "--advertise", relayHost));
        command.addAll(List.of("--zookeeper", ensemble));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        return new ControlPlaneProcess(directory, port, relay, process);
    }

    /** Gives a control plane that is still to be started the authority, the store's credential and the encryption keys of this one. */
    void shareIdentity(Path otherDirectory) throws IOException {
        for (String file : SHARED_IDENTITY) {
            Path copy = otherDirectory.resolve("state").resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(directory.resolve("state").resolve(file), copy, StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    HeldRelay relay() {
        return relay;
    }

    /** An administrator's client, straight to this control plane. */
    ApiClient client() {
        Kubeconfig file = Kubeconfig.find(directory.resolve("kubeconfig"));
        return new ApiClient(new Kubeconfig(
                URI.create("https://127.0.0.1:" + port),
                file.authority(),
                file.certificate(),
                file.key(),
                null,
                file.namespace()));
    }

    boolean hasKubeconfig() {
        return Files.exists(directory.resolve("kubeconfig"));
    }

    /** @throws AssertionError with all that it said, when it has ended */
    void assertAlive() {
        if (!process.isAlive()) {
            throw new AssertionError("the control plane ended with %d:%n%s".formatted(process.exitValue(), log()));
        }
    }

    /** SIGSTOP: every thread stands still, every connection stays open. Returns when it does. */
    void freeze() {
        signal("STOP");
    }

    void thaw() {
        signal("CONT");
    }

    String log() {
        try {
            Path log = directory.resolve("log");
            return (Files.exists(log) ? Files.readString(log) : "") + Files.readString(directory.resolve("output"));
        } catch (IOException e) {
            return "the log can't be read: " + e;
        }
    }

    /** How often the log says something. */
    long logged(Pattern pattern) {
        Matcher matcher = pattern.matcher(log());
        return matcher.results().count();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        relay.close();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private void signal(String name) {
        Commands.run(List.of("kill", "-" + name, Long.toString(process.pid()))).ok();
    }
}
