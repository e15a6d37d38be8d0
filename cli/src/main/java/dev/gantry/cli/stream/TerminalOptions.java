package dev.gantry.cli.stream;

import dev.gantry.cli.Console;
import dev.gantry.cli.api.ApiClient;
import picocli.CommandLine.Option;

/** Which of the person's streams are joined to the container's: options of exec and attach. */
final class TerminalOptions {
    @Option(
            names = {"-i", "--stdin"},
            description = "Pass standard input.")
    private boolean stdin;

    @Option(
            names = {"-t", "--tty"},
            description = "The terminal of this side is the terminal of the other.")
    private boolean tty;

    TerminalOptions() {}

    private TerminalOptions(boolean stdin, boolean tty) {
        this.stdin = stdin;
        this.tty = tty;
    }

    static TerminalOptions plainWithInput() {
        return new TerminalOptions(true, false);
    }

    /**
     * Joins the streams until the other side ends.
     *
     * @param path of the subresource, with a query that has begun
     * @return its exit code
     */
    int join(ApiClient client, Console console, String path) {
        boolean terminal = tty && console.terminal();
        if (tty && !terminal) {
            console.note("gantry: this is no terminal: going on without one (-t)");
        }
        String streams =
                path + "&stdout=true" + (stdin ? "&stdin=true" : "") + (terminal ? "&tty=true" : "&stderr=true");
        if (!terminal) {
            return ChannelStream.run(client, console, streams, stdin, false);
        }
        try (TerminalMode mode = TerminalMode.raw()) {
            return ChannelStream.run(client, console, streams, stdin, true);
        }
    }
}
