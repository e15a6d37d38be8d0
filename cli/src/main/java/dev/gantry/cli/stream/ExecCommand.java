package dev.gantry.cli.stream;

import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "exec", description = "Run a command in a container: gantry exec -it web-1 -- sh")
public final class ExecCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Parameters(
            paramLabel = "POD -- COMMAND",
            arity = "2..*",
            description = "A pod or deployment/NAME, then the command.")
    private List<String> typed = new ArrayList<>();

    @Option(
            names = {"-c", "--container"},
            paramLabel = "NAME",
            description = "The container, when the pod has several.")
    private @Nullable String container;

    @Option(
            names = {"-i", "--stdin"},
            description = "Pass standard input.")
    private boolean stdin;

    @Option(
            names = {"-t", "--tty"},
            description = "Give it a terminal.")
    private boolean tty;

    public ExecCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (ApiClient client = cluster.connect()) {
            PodTarget target = PodTarget.resolve(client, cluster.namespace(client), typed.getFirst());
            List<String> command = typed.subList(1, typed.size());
            if (command.isEmpty()) {
                throw new Failure(2, "no command: gantry exec %s -- COMMAND".formatted(typed.getFirst()));
            }
            return Streams.join(client, console, path(target, target.container(container), command), stdin, tty);
        }
    }

    /** Runs a command in a pod's first container, its standard streams joined to the console's. @return its exit code */
    public static int run(ApiClient client, Console console, String namespace, String pod, List<String> command) {
        PodTarget target = PodTarget.resolve(client, namespace, pod);
        return Streams.join(client, console, path(target, target.container(null), command), true, false);
    }

    private static StringBuilder path(PodTarget target, String container, List<String> command) {
        StringBuilder path = new StringBuilder(target.path("exec"));
        path.append("?container=").append(ApiClient.encode(container));
        command.forEach(c -> path.append("&command=").append(ApiClient.encode(c)));
        return path;
    }
}
