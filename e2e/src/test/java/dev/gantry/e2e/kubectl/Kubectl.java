package dev.gantry.e2e.kubectl;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.Commands;
import dev.gantry.e2e.host.Terminal;
import dev.gantry.e2e.host.TestHost;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A kubectl of {@code deploy/kubectl}, run on a host with the kubeconfig that {@code gantry up} wrote there. */
final class Kubectl {
    private final TestHost host;
    private final String binary;

    private Kubectl(TestHost host, String binary) {
        this.host = host;
        this.binary = binary;
    }

    /** Fetches kubectl unless an earlier build has. */
    static Kubectl on(TestHost host) {
        return new Kubectl(host, client("kubectl"));
    }

    /** One of the oldest that are still about. */
    static Kubectl old(TestHost host) {
        return new Kubectl(host, client("1.20"));
    }

    /** The path of a client. */
    static String client(String name) {
        String script = TestHost.root().resolve("deploy/kubectl").toString();
        return Commands.run(List.of(script, name)).ok().stdout().strip();
    }

    /** Runs a command to its end, however it ends. */
    CommandResult run(String... arguments) {
        return host.inside(commandLine(arguments));
    }

    /** Runs a command that reads from its standard input. */
    CommandResult runWith(String stdin, String... arguments) {
        return host.inside(stdin.getBytes(UTF_8), commandLine(arguments));
    }

    /** What a command that succeeds prints. */
    String says(String... arguments) {
        return run(arguments).ok().stdout();
    }

    /** What {@code apply -f -} prints. */
    String applies(String manifest) {
        return runWith(manifest, "apply", "-f", "-").ok().stdout();
    }

    /** What a command that must fail complains of. */
    String complains(String... arguments) {
        CommandResult result = run(arguments);
        if (result.exitCode() == 0) {
            throw new AssertionError(
                    "%s succeeded:%n%s".formatted(String.join(" ", result.command()), result.stdout()));
        }
        return result.stderr();
    }

    /** Waits until an object has a condition. */
    void awaits(String condition, String object) {
        says("wait", "--for=condition=" + condition, object, "--timeout=60s");
    }

    /** One field of an object. */
    String field(String object, String path) {
        return says("get", object, "-o", "jsonpath={" + path + "}");
    }

    /** Starts a command that goes on until it is stopped. */
    Process start(Path output, String... arguments) {
        return host.start(output, commandLine(arguments));
    }

    /** Starts a command in a terminal. */
    Terminal terminal(String... arguments) {
        return Terminal.start(host, commandLine(arguments));
    }

    private String[] commandLine(String... arguments) {
        // what it keeps of a server goes by its address, which hosts have in common
        List<String> command =
                new ArrayList<>(List.of(binary, "--cache-dir=" + host.folder().resolve("kubectl")));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }
}
