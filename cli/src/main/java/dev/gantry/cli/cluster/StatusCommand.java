package dev.gantry.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import dev.gantry.cli.api.Kubeconfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        description = "How this machine's cluster is: processes, nodes and pods. Exit code 0 when all is well.")
public final class StatusCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private Directories directories = new Directories();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    public StatusCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        boolean well = true;
        boolean nodeOnly = ClusterSettings.load(directories.state())
                .map(settings -> !settings.controlPlane())
                .orElse(false);
        for (String name :
                nodeOnly ? List.of(Installation.AGENT) : List.of(Installation.CONTROL_PLANE, Installation.AGENT)) {
            SupervisedProcess process = new SupervisedProcess(name, directories);
            String state = process.pid()
                    .map(pid -> "running, pid " + pid)
                    .orElse(
                            process.running()
                                    ? "restarting; see " + directories.log(name)
                                    : "not running: 'gantry up' starts it");
            well &= process.pid().isPresent();
            console.line("%-14s %s", name, state);
        }
        boolean agentRuns =
                new SupervisedProcess(Installation.AGENT, directories).pid().isPresent();
        AgentSession session = agentRuns ? AgentSession.read(directories) : AgentSession.NONE;
        well &= session.isOpen();
        console.line(
                "%-14s %s",
                "session",
                session.isOpen()
                        ? "open, with " + session.leader()
                        : session.problem().isEmpty() ? "none yet" : "none: " + session.problem());
        if (nodeOnly) {
            return well ? 0 : 1;
        }
        try (ApiClient client = new ApiClient(Kubeconfig.find(directories.kubeconfig()))) {
            well &= cluster(client);
        } catch (ApiFailure | Failure e) {
            console.line("%-14s %s", "API", e.getMessage());
            well = false;
        }
        return well ? 0 : 1;
    }

    private boolean cluster(ApiClient client) {
        boolean well = true;
        JsonNode controlPlanes = client.get("/apis/gantry.dev/v1/controlplanes").path("items");
        for (JsonNode member : controlPlanes.size() > 1 ? controlPlanes : JsonNodeFactory.instance.arrayNode()) {
            console.line(
                    "%-14s %s at %s%s",
                    "member",
                    member.at("/metadata/name").asText(),
                    member.at("/spec/address").asText(),
                    member.at("/status/leader").asBoolean() ? ", leads" : "");
        }
        for (JsonNode node : client.get("/api/v1/nodes").path("items")) {
            boolean ready = false;
            String reason = "no status yet";
            StringBuilder pressures = new StringBuilder();
            for (JsonNode condition : node.at("/status/conditions")) {
                boolean active = condition.path("status").asText().equals("True");
                String message = condition.path("message").asText();
                if (condition.path("type").asText().equals("Ready")) {
                    ready = active;
                    reason = message;
                } else if (active) {
                    pressures.append("; ").append(message);
                }
            }
            boolean cordoned = node.at("/spec/unschedulable").asBoolean();
            console.line(
                    "%-14s %s %s%s%s",
                    "node",
                    node.at("/metadata/name").asText(),
                    ready ? "Ready" : "NotReady: " + reason,
                    cordoned ? ", cordoned" : "",
                    pressures);
            well &= ready && pressures.isEmpty();
        }
        Map<String, Integer> phases = new TreeMap<>();
        for (JsonNode pod : client.get("/api/v1/pods").path("items")) {
            phases.merge(pod.at("/status/phase").asText("Pending"), 1, Integer::sum);
        }
        StringBuilder counts = new StringBuilder();
        phases.forEach((phase, count) -> counts.append(counts.isEmpty() ? "" : ", ")
                .append(count)
                .append(' ')
                .append(phase));
        console.line("%-14s %s", "pods", counts.isEmpty() ? "none" : counts.toString());
        return well;
    }
}
