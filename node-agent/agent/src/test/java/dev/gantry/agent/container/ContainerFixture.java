package dev.gantry.agent.container;

import dev.gantry.linux.RootedDirectory;
import dev.gantry.linux.cgroup.CgroupTree;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A runtime of its own beneath a temporary directory, and containers of a busybox image. Needs root and the package busybox-static. */
final class ContainerFixture implements AutoCloseable {
    static final Set<String> DEFAULT_CAPABILITIES = Set.of(
            "CHOWN",
            "DAC_OVERRIDE",
            "FSETID",
            "FOWNER",
            "MKNOD",
            "NET_RAW",
            "SETGID",
            "SETUID",
            "SETFCAP",
            "SETPCAP",
            "NET_BIND_SERVICE",
            "SYS_CHROOT",
            "KILL",
            "AUDIT_WRITE");
    static final List<String> MASKED = List.of(
            "/proc/asound",
            "/proc/acpi",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/sys/firmware",
            "/sys/devices/virtual/powercap");
    static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    final Path directory;
    final Path image;
    final CgroupTree cgroups;
    private final Path runDirectory;
    private String bootId = "boot-1";
    private @Nullable LauncherRuntime runtime;
    private int numbers;

    ContainerFixture(Path directory) throws IOException {
        this.directory = directory;
        this.image = Files.createDirectories(directory.resolve("image"));
        this.runDirectory = directory.resolve("run");
        this.cgroups = CgroupTree.of("gantry-test-%s-%s"
                .formatted(ProcessHandle.current().pid(), Integer.toHexString(System.identityHashCode(this))));
        makeImage(image);
        restartAgent();
    }

    static boolean canRun() {
        return "root".equals(System.getProperty("user.name")) && Files.isExecutable(Path.of("/bin/busybox"));
    }

    private static void makeImage(Path root) throws IOException {
        for (String name : List.of("bin", "etc", "proc", "sys", "dev", "tmp", "home/user")) {
            Files.createDirectories(root.resolve(name));
        }
        Files.copy(Path.of("/bin/busybox").toRealPath(), root.resolve("bin/busybox"));
        for (String name : List.of(
                "sh",
                "cat",
                "echo",
                "sleep",
                "true",
                "false",
                "id",
                "ls",
                "stat",
                "touch",
                "mount",
                "mknod",
                "kill",
                "ps",
                "pwd",
                "stty",
                "hostname",
                "dd",
                "chmod",
                "chown",
                "ln",
                "mv",
                "rm",
                "mkdir",
                "env",
                "head",
                "tail",
                "grep",
                "wc",
                "readlink",
                "seq",
                "unshare",
                "nproc",
                "test",
                "printf",
                "ip",
                "tty",
                "cp",
                "umount",
                "find",
                "insmod",
                "ping")) {
            Files.createSymbolicLink(root.resolve("bin").resolve(name), Path.of("busybox"));
        }
        Files.writeString(
                root.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1001::/home/user:/bin/sh\n");
        Files.writeString(root.resolve("etc/group"), "root:x:0:\nuser:x:1001:\nextra:x:1500:other,user\n");
    }

    LauncherRuntime runtime() {
        return java.util.Objects.requireNonNull(runtime, "runtime is null");
    }

    /** The agent dies, in as far as one in the same process can, and another begins. */
    LauncherRuntime restartAgent() throws IOException {
        if (runtime != null) {
            runtime.close();
        }
        runtime = new LauncherRuntime(directory.resolve("state"), runDirectory, cgroups, bootId, Clock.systemUTC());
        return runtime;
    }

    LauncherRuntime reboot() throws IOException {
        bootId = "boot-2";
        return restartAgent();
    }

    Builder container(String... arguments) {
        return new Builder("c" + ++numbers, List.of(arguments));
    }

    Path log(String id) {
        return directory.resolve(id + ".log");
    }

    /** The text of the log, without the format around it. */
    String output(String id) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String line : Files.readAllLines(log(id))) {
            String[] words = line.split(" ", 4);
            text.append(words[3]).append(words[2].equals("F") ? "\n" : "");
        }
        return text.toString();
    }

    static ExitRecord await(ContainerRuntime.Container container) throws Exception {
        CompletableFuture<ExitRecord> exit = new CompletableFuture<>();
        container.onExit(exit::complete);
        return exit.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Runs to the end and returns its output. */
    String run(Builder builder) throws Exception {
        ContainerRuntime.Container container = builder.start();
        await(container);
        String output = output(container.config().id());
        container.remove(false);
        return output;
    }

    static String readAll(ContainerRuntime.AttachedStreams streams) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ContainerRuntime.OutputChunk chunk;
        while ((chunk = streams.read()) != null) {
            all.writeBytes(chunk.data());
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    record ExecResult(ExitRecord exit, String output) {}

    static ExecResult exec(ContainerRuntime.Container container, String... command) throws Exception {
        try (ContainerRuntime.ExecProcess process =
                container.exec(new ExecConfig(List.of(command), Map.of(), false, false))) {
            String output = readAll(process);
            return new ExecResult(process.waitFor(LIMIT).orElseThrow(), output);
        }
    }

    static ExecResult sh(ContainerRuntime.Container container, String script) throws Exception {
        return exec(container, "sh", "-c", script);
    }

    @Override
    public void close() throws IOException {
        restartAgent().removeAllBut(List.of());
        runtime().close();
        cgroups.delete();
        try (RootedDirectory parent = RootedDirectory.open(directory, RootedDirectory.Escape.REFUSED)) {
            for (String name : parent.list("")) {
                parent.deleteTree(name);
            }
        }
    }

    /** A container as Kubernetes would have it by default. */
    final class Builder {
        private final String id;
        private final List<String> arguments;
        private final Map<String, String> environment = new HashMap<>();
        private final List<ContainerConfig.Mount> mounts = new ArrayList<>();
        private List<Path> layers = List.of(image);
        private String user = "";
        private String workingDirectory = "/";
        private boolean readOnlyRoot;
        private boolean terminal;
        private boolean stdin;
        private boolean stdinOnce;
        private boolean logged = true;
        private long logBytes = 1 << 20;
        private int logFiles = 3;
        private ContainerConfig.Limits limits = new ContainerConfig.Limits(0, 0, 0, 0, 0);
        private ContainerConfig.Namespaces namespaces = new ContainerConfig.Namespaces(null, null, null, null, null, 0);
        private List<ContainerConfig.ResourceLimit> resourceLimits = ContainerConfig.ResourceLimit.DEFAULTS;
        private Map<String, String> sysctls = Map.of();
        private Set<String> ambient = Set.of();
        private ContainerConfig.Security security = new ContainerConfig.Security(
                DEFAULT_CAPABILITIES, Set.of(), false, false, "default", null, null, MASKED, READ_ONLY);

        Builder(String id, List<String> arguments) {
            this.id = id;
            this.arguments = arguments;
        }

        Builder layers(List<Path> value) {
            layers = value;
            return this;
        }

        Builder user(String value) {
            user = value;
            return this;
        }

        Builder directory(String value) {
            workingDirectory = value;
            return this;
        }

        Builder env(String name, String value) {
            environment.put(name, value);
            return this;
        }

        Builder mount(Path source, String target, boolean readOnly) {
            mounts.add(new ContainerConfig.Mount(source, target, readOnly, ContainerConfig.Mount.Propagation.PRIVATE));
            return this;
        }

        Builder readOnlyRoot() {
            readOnlyRoot = true;
            return this;
        }

        Builder terminal() {
            terminal = true;
            return this;
        }

        Builder stdin(boolean once) {
            stdin = true;
            stdinOnce = once;
            return this;
        }

        Builder unlogged() {
            logged = false;
            return this;
        }

        Builder rotating(long bytes, int files) {
            logBytes = bytes;
            logFiles = files;
            return this;
        }

        Builder limits(long cpuMilli, long memoryBytes, long pids) {
            limits = new ContainerConfig.Limits(cpuMilli, 0, memoryBytes, pids, 0);
            return this;
        }

        Builder namespaces(ContainerConfig.Namespaces value) {
            namespaces = value;
            return this;
        }

        Builder security(Set<String> capabilities, boolean privileged, boolean noNewPrivileges, String seccomp) {
            security = new ContainerConfig.Security(
                    capabilities, ambient, privileged, noNewPrivileges, seccomp, null, null, MASKED, READ_ONLY);
            return this;
        }

        /** Before {@link #security}. */
        Builder ambient(Set<String> capabilities) {
            ambient = capabilities;
            return this;
        }

        Builder sysctls(Map<String, String> value) {
            sysctls = value;
            return this;
        }

        Builder limit(String name, long soft, long hard) {
            resourceLimits = List.of(new ContainerConfig.ResourceLimit(name, soft, hard));
            return this;
        }

        Builder masked(List<String> paths) {
            security = new ContainerConfig.Security(
                    DEFAULT_CAPABILITIES, Set.of(), false, false, "default", null, null, paths, READ_ONLY);
            return this;
        }

        Builder labelled(@Nullable String apparmor, @Nullable String selinux) {
            security = new ContainerConfig.Security(
                    DEFAULT_CAPABILITIES, Set.of(), false, false, "default", apparmor, selinux, MASKED, READ_ONLY);
            return this;
        }

        ContainerConfig build() {
            return new ContainerConfig(
                    id,
                    Map.of("test", "yes"),
                    layers,
                    ContainerFixture.this.directory.resolve("writable-" + id),
                    readOnlyRoot,
                    arguments,
                    environment,
                    workingDirectory,
                    user,
                    List.of(),
                    "host-" + id,
                    namespaces,
                    mounts,
                    limits,
                    resourceLimits,
                    sysctls,
                    security,
                    "pods/p1",
                    logged ? new ContainerConfig.Log(log(id), logBytes, logFiles) : null,
                    terminal,
                    stdin,
                    stdinOnce);
        }

        ContainerRuntime.Container start() throws ContainerException {
            return runtime().start(build());
        }
    }
}
