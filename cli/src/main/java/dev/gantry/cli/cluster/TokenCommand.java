package dev.gantry.cli.cluster;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "token", description = "Tokens with which hosts join.")
public final class TokenCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    public TokenCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        throw new Failure(2, "expected: gantry token create");
    }

    @Command(name = "create", description = "Print a new join token. It is shown once, and expires.")
    int create(
            @Mixin ClusterOptions options,
            @Option(
                            names = "--ttl",
                            paramLabel = "SECONDS",
                            defaultValue = "3600",
                            description = "Seconds that it is good for (default ${DEFAULT-VALUE}).")
                    long ttl) {
        try (ApiClient client = options.connect()) {
            ObjectNode request = JsonNodeFactory.instance.objectNode();
            request.put("apiVersion", "gantry.dev/v1").put("kind", "JoinToken");
            request.putObject("spec").put("ttlSeconds", ttl);
            console.line(
                    "%s",
                    client.post("/apis/gantry.dev/v1/jointokens", request)
                            .at("/status/token")
                            .asText());
            console.note(
                    "join a host with: gantry node join --control-plane HOST:%d --token TOKEN",
                    client.config().server().getPort());
            return 0;
        }
    }
}
