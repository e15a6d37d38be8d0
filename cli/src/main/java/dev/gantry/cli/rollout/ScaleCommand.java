package dev.gantry.cli.rollout;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Discovery;
import dev.gantry.cli.show.Targets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "scale", description = "Change how many replicas there are: gantry scale deployment/web --replicas=5")
public final class ScaleCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Parameters(paramLabel = "TYPE NAME", arity = "1..*", description = "deployment/web, or deployment web.")
    private List<String> typed = new ArrayList<>();

    @Option(names = "--replicas", required = true, paramLabel = "COUNT", description = "How many.")
    private int replicas;

    public ScaleCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (replicas < 0) {
            throw new Failure(2, "--replicas=%d: expected 0 or more".formatted(replicas));
        }
        try (ApiClient client = cluster.connect()) {
            ObjectNode patch = JsonNodeFactory.instance.objectNode();
            patch.withObject("spec").put("replicas", replicas);
            for (Targets.Target target : Targets.parse(new Discovery(client), cluster.namespace(client), typed)) {
                if (target.name() == null) {
                    throw new Failure(2, "which one? For example: gantry scale deployment/web --replicas=3");
                }
                client.patch(
                        target.resource().path(target.namespace(), target.name()) + "/scale",
                        ApiClient.MERGE_PATCH,
                        patch);
                console.line("%s/%s scaled to %d", target.resource().qualifiedKind(), target.name(), replicas);
            }
        }
        return 0;
    }
}
