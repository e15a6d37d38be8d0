package dev.gantry.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "version", description = "Versions of this command and of the cluster.")
public final class VersionCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Option(names = "--client", description = "Only of this command.")
    private boolean clientOnly;

    public VersionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        String own = VersionCommand.class.getPackage().getImplementationVersion();
        console.line("gantry         %s (Java %s)", own == null ? "development" : own, Runtime.version());
        if (clientOnly) {
            return 0;
        }
        try (ApiClient client = cluster.connect()) {
            JsonNode version = client.get("/version");
            console.line("control plane  %s", version.path("gitVersion").asText());
            return 0;
        } catch (Failure e) {
            console.line("control plane  not reached: %s", e.getMessage());
            return 1;
        }
    }
}
