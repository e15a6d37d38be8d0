package dev.gantry.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A word that is followed by a verb of its own, such as {@code node join}: by itself it does nothing. */
public abstract class VerbGroup implements Callable<Integer> {
    protected final Console console;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    protected VerbGroup(Console console) {
        this.console = console;
    }

    @Override
    public final Integer call() {
        CommandSpec group = java.util.Objects.requireNonNull(spec, "spec is null");
        throw new ParameterException(
                group.commandLine(),
                "expected %s and one of: %s"
                        .formatted(
                                group.qualifiedName(),
                                String.join(", ", group.subcommands().keySet())));
    }
}
