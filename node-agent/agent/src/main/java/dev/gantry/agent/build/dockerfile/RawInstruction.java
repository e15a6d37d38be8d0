package dev.gantry.agent.build.dockerfile;

import java.util.List;

/**
 * One instruction before its arguments are understood.
 *
 * @param keyword upper case
 * @param arguments the rest of the joined lines, stripped
 */
record RawInstruction(String keyword, Position position, SourceText arguments, List<Heredoc> heredocs) {
    RawInstruction {
        heredocs = List.copyOf(heredocs);
    }

    /** As written, on one line. */
    String oneLine() {
        return (keyword + " " + arguments.text().replaceAll("\\s+", " ")).strip();
    }
}
