package dev.gantry.e2e.host;

import java.util.List;

/** What a command printed and how it ended. */
public record CommandResult(List<String> command, int exitCode, String stdout, String stderr) {
    /** This result, when the command succeeded. @throws AssertionError with all that it said, otherwise */
    public CommandResult ok() {
        if (exitCode != 0) {
            throw new AssertionError("%s ended with %d%n--- stdout%n%s%n--- stderr%n%s"
                    .formatted(String.join(" ", command), exitCode, stdout, stderr));
        }
        return this;
    }
}
