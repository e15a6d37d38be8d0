package dev.gantry.e2e.kubectl;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.Commands;
import dev.gantry.e2e.host.TestHost;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The kubectl of {@code deploy/kubectl}, run on a host with the kubeconfig that {@code gantry up} wrote there. */
final class Kubectl {
    private final TestHost host;
    private final String binary;

    private Kubectl(TestHost host, String binary) {
        this.host = host;
        this.binary = binary;
    }

    /** Fetches kubectl unless an earlier build has. */
    static Kubectl on(TestHost host) {
        return new Kubectl(
                host,
                Commands.run(List.of(TestHost.root().resolve("deploy/kubectl").toString()))
                        .ok()
                        .stdout()
                        .strip());
    }

    /** Runs a command to its end, however it ends. */
    CommandResult run(String... arguments) {
        return host.inside(commandLine(arguments));
    }

    /** What a command that succeeds prints. */
    String says(String... arguments) {
        return run(arguments).ok().stdout();
    }

    /** As {@link #says}, of a command that reads from its standard input. */
    String saysOf(String stdin, String... arguments) {
        return host.inside(stdin.getBytes(UTF_8), commandLine(arguments)).ok().stdout();
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

    /** Starts a command that goes on until it is stopped. */
    Process start(Path output, String... arguments) {
        return host.start(output, commandLine(arguments));
    }

    private String[] commandLine(String... arguments) {
        List<String> command = new ArrayList<>(List.of(binary));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }
}
