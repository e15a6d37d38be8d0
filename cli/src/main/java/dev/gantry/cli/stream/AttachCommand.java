package dev.gantry.cli.stream;

import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.api.ApiClient;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "attach", description = "Join the streams of a container's own process.")
public final class AttachCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Parameters(paramLabel = "POD", description = "A pod, or deployment/NAME.")
    private String typed = "";

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
            description = "The container has a terminal.")
    private boolean tty;

    public AttachCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (ApiClient client = cluster.connect()) {
            PodTarget target = PodTarget.resolve(client, cluster.namespace(client), typed);
            StringBuilder path = new StringBuilder(target.path("attach"));
            path.append("?container=").append(ApiClient.encode(target.container(container)));
            return Streams.join(client, console, path, stdin, tty);
        }
    }
}
