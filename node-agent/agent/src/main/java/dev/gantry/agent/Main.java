package dev.gantry.agent;

import dev.gantry.agent.session.JoinRefusedException;
import dev.gantry.agent.state.StateFileException;
import dev.gantry.common.process.ExitCode;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The agent's process. Ends as {@link ExitCode} says. */
@Command(name = "gantry-agent")
public final class Main {
    private static final Logger log = LoggerFactory.getLogger(Main.class);

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main())
                .setParameterExceptionHandler((problem, given) -> complain(problem))
                .setExecutionExceptionHandler((problem, line, result) -> complain(problem))
                .execute(arguments));
    }

    /** Runs until the process is told to end. Containers run on. */
    @Command(name = "run", description = "Run this host's pods.")
    int run(@Mixin RunOptions options) throws IOException, InterruptedException {
        Agent agent = Agent.start(options);
        Runtime.getRuntime().addShutdownHook(new Thread(agent::close, "stop"));
        log.info("Node {} is run by this agent", options.nodeName);
        log.error("The agent ends, to take up its pods anew: {}", agent.awaitFault());
        return ExitCode.TEMPORARY.number();
    }

    @Command(name = "tear-down", description = "End this host's containers, and take away all that agents have set up.")
    int tearDown(@Mixin TearDownOptions options) throws IOException {
        TearDown.run(options);
        return 0;
    }

    /** @return the exit code */
    private static int complain(Exception problem) {
        log.error("The agent cannot go on", problem);
        System.err.println("gantry: the agent cannot go on: " + problem.getMessage());
        return code(problem).number();
    }

    private static ExitCode code(Exception problem) {
        return switch (problem) {
            case CommandLine.ParameterException e -> ExitCode.CONFIGURATION;
            case IllegalArgumentException e -> ExitCode.CONFIGURATION;
            case JoinRefusedException e -> ExitCode.CONFIGURATION;
            case StateFileException e -> ExitCode.CONFIGURATION;
            case IOException e -> ExitCode.of(e);
            default -> ExitCode.FAULT;
        };
    }
}
