package dev.gantry.cli.stream;

import dev.gantry.cli.Console;
import dev.gantry.cli.api.ApiClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "attach", description = "Join the streams of a container's own process.")
public final class AttachCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ContainerOptions container = new ContainerOptions();

    @Mixin
    private TerminalOptions terminal = new TerminalOptions();

    @Parameters(paramLabel = "POD", description = "A pod, or deployment/NAME.")
    private String typed = "";

    public AttachCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (ApiClient client = container.connect()) {
            PodTarget target = container.pod(client, typed);
            String path =
                    target.path("attach") + "?container=" + ApiClient.encode(target.container(container.container()));
            return terminal.join(client, console, path);
        }
    }
}
