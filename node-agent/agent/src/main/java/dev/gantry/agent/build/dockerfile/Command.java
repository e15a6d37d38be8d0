package dev.gantry.agent.build.dockerfile;

import java.util.List;

/** What RUN, CMD and ENTRYPOINT execute. */
public sealed interface Command {
    /** The program and its arguments, as they are. */
    record Exec(List<String> arguments) implements Command {
        public Exec {
            arguments = List.copyOf(arguments);
        }
    }

    /**
     * A text for the shell of {@code SHELL}.
     *
     * @param heredocs here-documents in their order; when the text is nothing but one, its body is the script
     */
    record Shell(String text, List<Heredoc> heredocs) implements Command {
        public Shell {
            heredocs = List.copyOf(heredocs);
        }

        /** The text with the here-documents beneath, as a shell reads it. */
        public String script() {
            StringBuilder script = new StringBuilder(text);
            heredocs.forEach(
                    heredoc -> script.append('\n').append(heredoc.source().stripTrailing()));
            return script.toString();
        }

        /** Whether the text is nothing but one here-document, whose body is the script then. */
        public boolean isOnlyHeredoc() {
            return heredocs.size() == 1 && text.strip().matches("\\d*<<-?(['\"]?)[A-Za-z0-9_.-]+\\1");
        }
    }
}
