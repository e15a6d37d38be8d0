package dev.gantry.cli;

import dev.gantry.cli.api.ApiFailure;
import dev.gantry.cli.build.BuildCommand;
import dev.gantry.cli.build.ImagesCommand;
import dev.gantry.cli.cluster.DownCommand;
import dev.gantry.cli.cluster.NodeCommand;
import dev.gantry.cli.cluster.StatusCommand;
import dev.gantry.cli.cluster.TokenCommand;
import dev.gantry.cli.cluster.UpCommand;
import dev.gantry.cli.cluster.VersionCommand;
import dev.gantry.cli.manifest.ApplyCommand;
import dev.gantry.cli.manifest.DeleteCommand;
import dev.gantry.cli.quickstart.QuickstartCommand;
import dev.gantry.cli.rollout.RolloutCommand;
import dev.gantry.cli.rollout.ScaleCommand;
import dev.gantry.cli.show.DescribeCommand;
import dev.gantry.cli.show.GetCommand;
import dev.gantry.cli.stream.AttachCommand;
import dev.gantry.cli.stream.ExecCommand;
import dev.gantry.cli.stream.LogsCommand;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Option;

/** The {@code gantry} command. Only the verb that was asked for is loaded: the start of a JVM is most of what a short verb costs. */
@Command(
        name = "gantry",
        description = "Containers across a fleet, from Dockerfile to rolling update.",
        mixinStandardHelpOptions = false,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = HelpCommand.class)
public final class Main {
    static final int EXIT_USAGE = 2;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    private Main() {}

    public static void main(String[] arguments) {
        Console console = Console.ofProcess();
        int exitCode = run(console, arguments);
        console.out().flush();
        System.exit(exitCode);
    }

    /** Runs one command line. @return the exit code of the process */
    public static int run(Console console, String... arguments) {
        Map<String, Supplier<Object>> verbs = verbs(console);
        CommandLine commandLine = new CommandLine(new Main());
        commandLine.setUnmatchedOptionsArePositionalParams(false);
        // an argument that begins with @ is an argument: commands for containers have such, too
        commandLine.setExpandAtFiles(false);
        String asked = arguments.length > 0 ? arguments[0] : "";
        if (verbs.containsKey(asked)) {
            commandLine.addSubcommand(asked, verbs.get(asked).get());
        } else {
            verbs.forEach((name, verb) -> commandLine.addSubcommand(name, verb.get()));
        }
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.registerConverter(Duration.class, new DurationConverter());
        commandLine.setExecutionExceptionHandler((exception, command, result) -> report(console, exception));
        commandLine.setParameterExceptionHandler((exception, rawArguments) -> {
            console.note("gantry: %s", UsageProblem.describe(exception, List.of(arguments)));
            console.note("See '%s --help'.", UsageProblem.command(exception));
            return EXIT_USAGE;
        });
        commandLine.setOut(new java.io.PrintWriter(console.out(), true));
        if (arguments.length == 0) {
            commandLine.usage(console.out());
            return EXIT_USAGE;
        }
        return commandLine.execute(arguments);
    }

    private static int report(Console console, Exception exception) throws Exception {
        console.out().flush();
        switch (exception) {
            case Failure failure -> {
                console.note("gantry: %s", failure.getMessage());
                return failure.exitCode();
            }
            case ApiFailure failure -> {
                console.note("gantry: %s", failure.getMessage());
                return 1;
            }
            case InterruptedException interrupted -> {
                console.note("gantry: interrupted");
                return 130;
            }
            default -> throw exception;
        }
    }

    private static Map<String, Supplier<Object>> verbs(Console console) {
        Map<String, Supplier<Object>> verbs = new java.util.LinkedHashMap<>();
        verbs.put("quickstart", () -> new QuickstartCommand(console));
        verbs.put("up", () -> new UpCommand(console));
        verbs.put("down", () -> new DownCommand(console));
        verbs.put("status", () -> new StatusCommand(console));
        verbs.put("apply", () -> new ApplyCommand(console));
        verbs.put("delete", () -> new DeleteCommand(console));
        verbs.put("get", () -> new GetCommand(console));
        verbs.put("describe", () -> new DescribeCommand(console));
        verbs.put("logs", () -> new LogsCommand(console));
        verbs.put("exec", () -> new ExecCommand(console));
        verbs.put("attach", () -> new AttachCommand(console));
        verbs.put("scale", () -> new ScaleCommand(console));
        verbs.put("rollout", () -> new RolloutCommand(console));
        verbs.put("build", () -> new BuildCommand(console));
        verbs.put("images", () -> new ImagesCommand(console));
        verbs.put("token", () -> new TokenCommand(console));
        verbs.put("node", () -> new NodeCommand(console));
        verbs.put("version", () -> new VersionCommand(console));
        verbs.put("completion", () -> new CompletionCommand(console));
        return verbs;
    }

    /** The whole tree of verbs, for completion scripts and documentation. */
    static CommandLine tree(Console console) {
        CommandLine commandLine = new CommandLine(new Main());
        verbs(console).forEach((name, verb) -> commandLine.addSubcommand(name, verb.get()));
        return commandLine;
    }
}
