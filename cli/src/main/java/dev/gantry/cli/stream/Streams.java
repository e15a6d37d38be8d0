package dev.gantry.cli.stream;

import dev.gantry.cli.Console;
import dev.gantry.cli.api.ApiClient;

/** What exec and attach share: the stream's flags, and the person's terminal around it. */
final class Streams {
    private Streams() {}

    static int join(ApiClient client, Console console, StringBuilder path, boolean stdin, boolean tty) {
        path.append("&stdout=true").append(stdin ? "&stdin=true" : "");
        boolean terminal = tty && console.terminal();
        if (tty && !console.terminal()) {
            console.note("gantry: this is no terminal: going on without one (-t)");
        }
        path.append(terminal ? "&tty=true" : "&stderr=true");
        if (!terminal) {
            return ChannelStream.run(client, console, path.toString(), stdin, false);
        }
        try (TerminalMode mode = TerminalMode.raw()) {
            return ChannelStream.run(client, console, path.toString(), stdin, true);
        }
    }
}
