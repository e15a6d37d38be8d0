package dev.gantry.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "completion", description = "Print a completion script: source <(gantry completion bash)")
final class CompletionCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "SHELL", description = "bash or zsh", defaultValue = "bash")
    private String shell = "bash";

    CompletionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (!shell.equals("bash") && !shell.equals("zsh")) {
            throw new Failure(Main.EXIT_USAGE, "no completion for \"%s\": expected bash or zsh".formatted(shell));
        }
        console.out().print(AutoComplete.bash("gantry", Main.tree(console)));
        return 0;
    }
}
