package dev.gantry.e2e.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Namespaces in which everything that happens is a test's own: for the network, for processes and for mounts. What is written to the folders of the
 * host (/etc, /run, /tmp, /var …) is seen inside only, and is gone with the machine. Closing it kills every process inside.
 */
final class Machine implements AutoCloseable {
    private final String namespace;
    private final Process outer;
    private final long first;

    private Machine(String namespace, Process outer, long first) {
        this.namespace = namespace;
        this.outer = outer;
        this.first = first;
    }

    /**
     * @param namespace name of the network namespace, which ends in the pid of this process; those left by runs that were killed are removed
     * @param folder the only one, but for the checkout, that is the same inside and outside
     */
    static Machine start(String namespace, Path folder, Path checkout) {
        removeLeft(namespace);
        Commands.run(List.of("ip", "netns", "add", namespace)).ok();
        try {
            Path script = folder.resolve("machine.sh");
            try (InputStream in = Objects.requireNonNull(
                    Machine.class.getResourceAsStream("machine.sh"), "machine.sh is not among the test resources")) {
                Files.copy(in, script, StandardCopyOption.REPLACE_EXISTING);
            }
            ProcessBuilder builder = new ProcessBuilder(
                    "nsenter",
                    "--net=/run/netns/" + namespace,
                    "--",
                    "unshare",
                    "--mount",
                    "--pid",
                    "--fork",
                    "--kill-child",
                    "--mount-proc",
                    "--",
                    "sh",
                    script.toString(),
                    folder.toString(),
                    checkout.toString());
            Path complaints = folder.resolve("machine.err");
            builder.redirectError(complaints.toFile());
            Process outer = builder.start();
            BufferedReader output = new BufferedReader(new InputStreamReader(outer.getInputStream(), UTF_8));
            if (!"ready".equals(output.readLine())) {
                outer.destroyForcibly();
                throw new AssertionError("no machine could be made: " + Files.readString(complaints));
            }
            long first = outer.children().findFirst().orElseThrow().pid();
            Machine machine = new Machine(namespace, outer, first);
            Commands.run(machine.inside(List.of("ip", "link", "set", "lo", "up")))
                    .ok();
            return machine;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes namespaces of this name, but for the pid at its end, whose process has ended. */
    static void removeLeft(String namespace) {
        String prefix = namespace.substring(0, namespace.lastIndexOf('-') + 1);
        for (String line : Commands.run(List.of("ip", "netns", "list"))
                .ok()
                .stdout()
                .lines()
                .toList()) {
            String name = line.split(" ", -1)[0];
            if (name.matches(prefix + "[0-9]+")
                    && ProcessHandle.of(Long.parseLong(name.substring(prefix.length())))
                            .isEmpty()) {
                Commands.run(List.of("ip", "netns", "delete", name));
            }
        }
    }

    /** The command, to be run inside. It is told to end when the process that is started for it ends. */
    List<String> inside(List<String> command) {
        List<String> wrapped = new ArrayList<>(List.of(
                "nsenter",
                "--target=" + first,
                "--net",
                "--pid",
                "--mount",
                "--",
                "setpriv",
                "--pdeathsig",
                "TERM",
                "--"));
        wrapped.addAll(command);
        return wrapped;
    }

    String namespace() {
        return namespace;
    }

    /** A file of the machine, as the test reaches it. */
    Path path(String absolute) {
        return Path.of("/proc", Long.toString(first), "root", absolute.substring(1));
    }

    /** Kills every process inside. Mounts go with the last of them. */
    @Override
    public void close() {
        ProcessHandle.of(first).ifPresent(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
        outer.destroyForcibly().onExit().join();
        Commands.run(List.of("ip", "netns", "delete", namespace)).ok();
    }
}
