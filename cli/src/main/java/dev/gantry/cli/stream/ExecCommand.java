package dev.gantry.cli.stream;

import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Stack;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;

@Command(name = "exec", description = "Run a command in a container: gantry exec -it web-1 -- sh")
public final class ExecCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ContainerOptions container = new ContainerOptions();

    @Mixin
    private TerminalOptions terminal = new TerminalOptions();

    @Parameters(index = "0", paramLabel = "POD", description = "A pod, or deployment/NAME.")
    private String typed = "";

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "-- COMMAND",
            parameterConsumer = Verbatim.class,
            description = "The command, with options of its own.")
    private List<String> command = new ArrayList<>();

    public ExecCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (command.isEmpty()) {
            throw new Failure(2, "no command: expected gantry exec %s -- COMMAND".formatted(typed));
        }
        try (ApiClient client = container.connect()) {
            PodTarget target = container.pod(client, typed);
            return terminal.join(client, console, path(target, target.container(container.container()), command));
        }
    }

    /** Runs a command in a pod's first container, its standard streams joined to the console's. @return its exit code */
    public static int run(ApiClient client, Console console, String namespace, String pod, List<String> command) {
        PodTarget target = PodTarget.resolve(client, namespace, pod);
        return TerminalOptions.plainWithInput().join(client, console, path(target, target.container(null), command));
    }

    private static String path(PodTarget target, String container, List<String> command) {
        StringBuilder path = new StringBuilder(target.path("exec"));
        path.append("?container=").append(ApiClient.encode(container));
        command.forEach(c -> path.append("&command=").append(ApiClient.encode(c)));
        return path.toString();
    }

    /** From the command's first word on, nothing is an option of ours, with or without {@code --} before it. */
    static final class Verbatim implements IParameterConsumer {
        @Override
        public void consumeParameters(Stack<String> words, ArgSpec argument, CommandSpec spec) {
            List<String> command = argument.getValue();
            while (!words.isEmpty()) {
                command.add(words.pop());
            }
        }
    }
}
