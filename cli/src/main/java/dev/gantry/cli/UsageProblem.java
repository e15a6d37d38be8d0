package dev.gantry.cli;

import dev.gantry.common.spelling.Spelling;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with a command line, the likeliest mistake only: an option that was mistyped is no option that is missing. */
final class UsageProblem {
    private UsageProblem() {}

    /** @param typed the whole command line */
    static String describe(ParameterException problem, List<String> typed) {
        CommandSpec command = problem.getCommandLine().getCommandSpec();
        Optional<String> unknown = unknownOption(command, typed);
        if (unknown.isPresent()) {
            return unknown.get();
        }
        if (problem instanceof UnmatchedArgumentException unmatched) {
            String first = unmatched.getUnmatched().getFirst();
            return command.subcommands().isEmpty()
                    ? "'%s' is one argument too many for '%s'".formatted(first, command.qualifiedName())
                    : "there is no '%s %s'%s"
                            .formatted(
                                    command.qualifiedName(),
                                    first,
                                    Spelling.didYouMean(
                                            first, command.subcommands().keySet()));
        }
        return String.valueOf(problem.getMessage());
    }

    /** The command that the problem is about, as it is typed. */
    static String command(ParameterException problem) {
        return problem.getCommandLine().getCommandSpec().qualifiedName();
    }

    private static Optional<String> unknownOption(CommandSpec command, List<String> typed) {
        for (String word : typed) {
            if (word.equals("--")) {
                return Optional.empty();
            }
            String name = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
            // one dash may be a cluster of flags (-it), a value, or standard input: picocli knows
            if (name.startsWith("--") && command.findOption(name) == null) {
                return Optional.of("'%s' has no option %s%s"
                        .formatted(command.qualifiedName(), name, Spelling.didYouMean(name, optionNames(command))));
            }
        }
        boolean optionFirst =
                command.parent() == null && !typed.isEmpty() && typed.getFirst().startsWith("-");
        return optionFirst
                ? Optional.of("'%s' stands before the verb: options follow it, as in: gantry get pods -n NAMESPACE"
                        .formatted(typed.getFirst()))
                : Optional.empty();
    }

    private static List<String> optionNames(CommandSpec command) {
        return command.options().stream()
                .flatMap(option -> Stream.of(option.names()))
                .toList();
    }
}
