package dev.gantry.e2e.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A machine: a network namespace with a loopback interface, a state and a run directory and a cgroup tree of its own. The real command line, and through
 * it the real processes, run in it. Needs root. Closing it takes everything down and removes every trace.
 */
public final class TestHost implements AutoCloseable {
    private static final Path ROOT =
            Path.of(System.getProperty("gantry.root", "..")).toAbsolutePath().normalize();
    private static final Set<String> CLUSTER_VERBS = Set.of("up", "down", "status", "node", "quickstart");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final String name;
    private final Path folder;

    private TestHost(String name, Path folder) {
        this.name = name;
        this.folder = folder;
    }

    /** @param name unique among the tests; at most 10 lower-case letters and digits */
    public static TestHost create(String name) {
        try {
            Path folder = Files.createTempDirectory("gantry-e2e-" + name + "-");
            TestHost host = new TestHost(name, folder);
            Commands.run(List.of("ip", "netns", "delete", host.namespace())); // left by a run that was killed
            Commands.run(List.of("ip", "netns", "add", host.namespace())).ok();
            host.inside("ip", "link", "set", "lo", "up").ok();
            return host;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String namespace() {
        return "gantry-e2e-" + name;
    }

    public String cgroup() {
        return "gantry-e2e-" + name;
    }

    public Path state() {
        return folder.resolve("state");
    }

    public Path run() {
        return folder.resolve("run");
    }

    /** A folder for the test's own files. */
    public Path folder() {
        return folder;
    }

    /** Runs a command in the machine's network namespace. The mount namespace is shared with the test, as processes of one host share it. */
    public CommandResult inside(String... command) {
        return inside(new byte[0], command);
    }

    public CommandResult inside(byte[] stdin, String... command) {
        return Commands.run(
                wrapped(List.of(command)), Map.of("KUBECONFIG", kubeconfig().toString()), stdin);
    }

    /** Starts a command in the machine's network namespace; the caller ends it. */
    public Process start(Path output, String... command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(wrapped(List.of(command)));
            builder.environment().put("KUBECONFIG", kubeconfig().toString());
            builder.redirectErrorStream(true).redirectOutput(output.toFile());
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The {@code gantry} command. Verbs about the machine get its folders and cgroup tree. */
    public CommandResult gantry(String... arguments) {
        return inside(commandLine(arguments));
    }

    /** The command line of {@link #gantry}, to be started by {@link #start}. */
    public String[] commandLine(String... arguments) {
        Path home = ROOT.resolve("deploy/target/gantry");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dgantry.home=" + home,
                "-cp",
                home.resolve("cli") + "/*",
                "dev.gantry.cli.Main"));
        command.addAll(List.of(arguments));
        if (CLUSTER_VERBS.contains(arguments[0])) {
            command.addAll(List.of("--state", state().toString(), "--run", run().toString()));
        }
        if (arguments[0].equals("up")
                || arguments[0].equals("quickstart")
                || arguments.length > 1 && arguments[1].equals("join")) {
            command.addAll(List.of("--cgroup", cgroup(), "--node-name", name));
        }
        return command.toArray(String[]::new);
    }

    public String nodeName() {
        return name;
    }

    public Path kubeconfig() {
        return state().resolve("kubeconfig");
    }

    /** An object, or a list of them, as the API shows it. */
    public JsonNode get(String... typeAndFlags) {
        List<String> arguments = new ArrayList<>(List.of("get"));
        arguments.addAll(List.of(typeAndFlags));
        arguments.addAll(List.of("-o", "json"));
        try {
            return MAPPER.readTree(gantry(arguments.toArray(String[]::new)).ok().stdout());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Applies a manifest. */
    public void apply(String yaml) {
        inside(yaml.getBytes(UTF_8), commandLine("apply", "-f", "-")).ok();
    }

    /** Pid of the control plane or the agent, from the supervisor's file. */
    public Optional<Long> pid(String process) {
        try {
            return Optional.of(Long.parseLong(
                    Files.readString(run().resolve(process + ".process")).split(" ", -1)[0]));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** {@code kill -9}. */
    public void kill(long pid) {
        Commands.run(List.of("kill", "-9", Long.toString(pid))).ok();
    }

    public String log(String process) {
        try {
            return Files.readString(state().resolve("log").resolve(process + ".log"));
        } catch (IOException e) {
            return "";
        }
    }

    private List<String> wrapped(List<String> command) {
        List<String> wrapped = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + namespace(), "--"));
        wrapped.addAll(command);
        return wrapped;
    }

    @Override
    public void close() {
        CommandResult down = gantry("down", "--purge");
        Commands.run(List.of("ip", "netns", "delete", namespace())).ok();
        down.ok();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
