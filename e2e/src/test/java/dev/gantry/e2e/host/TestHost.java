package dev.gantry.e2e.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.linux.HostFacts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A host: namespaces of its own for the network, processes and mounts, with a loopback interface and those of its links, a state and a run directory and a cgroup tree. The real
 * command line, and through it the real processes, run in it. Needs root, and what {@code ./build} makes. Closing it takes everything down and removes
 * every trace.
 *
 * <p>Pids are those inside. Files that inside and outside share lie in {@link #folder}.
 */
public final class TestHost implements AutoCloseable {
    private static final Path ROOT =
            Path.of(System.getProperty("gantry.root", "..")).toAbsolutePath().normalize();
    private static final Path HOME = ROOT.resolve("deploy/target/gantry");
    private static final Set<String> CLUSTER_VERBS = Set.of("up", "down", "status", "quickstart");

    /** What follows {@code node} and is about this host. */
    private static final Set<String> HOST_VERBS = Set.of("join", "reset");

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Flags of curl, and where in a kubeconfig the file is that each names. */
    private static final Map<String, String> CREDENTIALS = Map.of(
            "--cacert", "certificate-authority-data", "--cert", "client-certificate-data", "--key", "client-key-data");

    private final String name;
    private final Path folder;
    private final List<Link> links;
    private Machine machine;

    private TestHost(String name, Path folder, List<Link> links) {
        this.name = name;
        this.folder = folder;
        this.links = List.copyOf(links);
        this.machine = boot();
    }

    /**
     * @param name unique among the tests; at most 10 lower-case letters and digits
     * @param links that it is on; none for a host alone
     */
    public static TestHost create(String name, Link... links) {
        assumeTrue(System.getProperty("user.name").equals("root"), "hosts for tests are namespaces: run as root");
        if (!Files.isDirectory(HOME)) {
            throw new AssertionError(HOME + " is missing: ./build, or mvn package in deploy, makes it");
        }
        try {
            return new TestHost(name, Files.createTempDirectory("gantry-e2e-" + name + "-"), List.of(links));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Machine boot() {
        Machine booted = Machine.start(cgroup(), folder, ROOT);
        try {
            Files.writeString(bootId(), UUID.randomUUID() + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int i = 0; i < links.size(); i++) {
            links.get(i).attach(name, booted.namespace(), "eth" + i);
        }
        return booted;
    }

    /** The kernel's own can't be covered by another: a user namespace may only mount a proc that shows everything. */
    private Path bootId() {
        return folder.resolve("boot-id");
    }

    private Map<String, String> environment() {
        return Map.of("KUBECONFIG", kubeconfig().toString(), HostFacts.BOOT_ID_FILE, bootId().toString());
    }

    /** As when its power is cut: every process ends at once, and what lay in memory is gone. What is on disk stays. */
    public void powerOff() {
        machine.close();
        removeCgroups();
        delete(run());
    }

    /** After {@link #powerOff}: with another boot id, and nothing running. */
    public void powerOn() {
        machine = boot();
    }

    /** Containers' cgroups don't outlive a boot. */
    private void removeCgroups() {
        try (Stream<Path> roots = Files.walk(Path.of("/sys/fs/cgroup"), 3)) {
            List<Path> trees = roots.filter(path -> path.endsWith(cgroup())).toList();
            for (Path tree : trees) {
                try (Stream<Path> groups = Files.walk(tree)) {
                    for (Path group : groups.filter(Files::isDirectory)
                            .sorted(Comparator.reverseOrder())
                            .toList()) {
                        Files.delete(group);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The process is named, so that several builds on one machine are not in each other's way. */
    public String cgroup() {
        return "gantry-e2e-%s-%d".formatted(name, ProcessHandle.current().pid());
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

    /** The checkout. */
    public static Path root() {
        return ROOT;
    }

    /** What {@code ./build} makes: jars, scripts, base images. */
    public static Path home() {
        return HOME;
    }

    /** Runs a command on this host. */
    public CommandResult inside(String... command) {
        return inside(new byte[0], command);
    }

    public CommandResult inside(byte[] stdin, String... command) {
        return inside(Map.of(), stdin, command);
    }

    private CommandResult inside(Map<String, String> environment, byte[] stdin, String... command) {
        Map<String, String> all = new HashMap<>(environment);
        all.putAll(environment());
        return Commands.run(machine.inside(List.of(command)), all, stdin);
    }

    /** Starts a command on this host; it is told to end when the caller destroys the process. */
    public Process start(Path output, String... command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(machine.inside(List.of(command)));
            builder.environment().putAll(environment());
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

    /** The {@code gantry} command, which hands its environment on to the processes that it starts. */
    public CommandResult gantry(Map<String, String> environment, String... arguments) {
        return inside(environment, new byte[0], commandLine(arguments));
    }

    /** The command line of {@link #gantry}, to be started by {@link #start}. */
    public String[] commandLine(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Xlog:cds*=off,aot*=off",
                "-XX:SharedArchiveFile=" + HOME.resolve("cache/cli.jsa"),
                arguments[0].equals("up") ? "-XX:+AutoCreateSharedArchive" : "-Xshare:auto",
                "-Dgantry.home=" + HOME,
                "-cp",
                HOME.resolve("cli") + "/*",
                "dev.gantry.cli.Main"));
        command.addAll(List.of(arguments));
        boolean ofThisHost = arguments.length > 1 && HOST_VERBS.contains(arguments[1]);
        if (CLUSTER_VERBS.contains(arguments[0]) || arguments[0].equals("node") && ofThisHost) {
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

    /**
     * What the API answers to a GET by its administrator, asked by curl: a command of {@code gantry} costs a second of a processor, which a test that
     * looks again and again takes from what it waits for.
     *
     * @throws AssertionError when it does not answer, or not with success
     */
    public JsonNode api(String path) {
        try {
            return MAPPER.readTree(inside(curl(path)).ok().stdout());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command by which the administrator asks for a path of the API of this host's control plane; it fails when the answer is no success. */
    public String[] curl(String path, String... options) {
        try {
            String config = Files.readString(kubeconfig());
            List<String> command =
                    new ArrayList<>(List.of("curl", "--silent", "--show-error", "--fail", "--max-time", "10"));
            for (Map.Entry<String, String> file : CREDENTIALS.entrySet()) {
                Path pem = folder.resolve(file.getValue() + ".pem");
                Files.write(pem, Base64.getDecoder().decode(value(config, file.getValue())));
                command.addAll(List.of(file.getKey(), pem.toString()));
            }
            command.addAll(List.of(options));
            command.add(value(config, "server") + path);
            return command.toArray(String[]::new);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String value(String kubeconfig, String key) {
        return kubeconfig
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith(key + ": "))
                .map(line -> line.substring(key.length() + 2))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the kubeconfig has no " + key));
    }

    /** Applies a manifest. */
    public void apply(String yaml) {
        inside(yaml.getBytes(UTF_8), commandLine("apply", "-f", "-")).ok();
    }

    /** Pid of the control plane or the agent, from the supervisor's file. */
    public Optional<Long> pid(String process) {
        try {
            String pid = Files.readString(run().resolve(process + ".process")).split(" ", -1)[0];
            // empty while it is being written
            return pid.isEmpty() ? Optional.empty() : Optional.of(Long.parseLong(pid));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** {@code kill -9}. */
    public void kill(long pid) {
        inside("kill", "-9", Long.toString(pid)).ok();
    }

    public String log(String process) {
        try {
            return Files.readString(state().resolve("log").resolve(process + ".log"));
        } catch (IOException e) {
            return "";
        }
    }

    /** A file of this host, as the test reaches it. */
    Path path(String absolute) {
        return machine.path(absolute);
    }

    @Override
    public void close() {
        CommandResult down = gantry("down", "--purge");
        machine.close();
        down.ok();
        delete(folder);
    }

    private static void delete(Path tree) {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
