package dev.gantry.cli.build;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.show.TablePrinter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "images", description = "The images that the cluster knows by name.")
public final class ImagesCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    public ImagesCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (ApiClient client = cluster.connect()) {
            JsonNode table = client.table("/apis/gantry.dev/v1/images");
            console.out().print(new TablePrinter(false, false).print(table, ""));
        }
        return 0;
    }
}
