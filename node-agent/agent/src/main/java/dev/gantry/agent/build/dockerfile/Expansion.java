package dev.gantry.agent.build.dockerfile;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Takes quotes and escapes away and puts variables in: {@code $name}, <code>${name}</code>, and with a word after {@code :-}, {@code -} (default),
 * {@code :+}, {@code +} (alternative), {@code :?}, {@code ?} (required). A colon treats the empty value as unset.
 */
public final class Expansion {
    private static final int MAX_DEPTH = 32;
    private static final int MAX_LENGTH = 1 << 20;

    private final Function<String, Optional<String>> variables;
    private final Consumer<String> unset;
    private final char escape;

    /**
     * @param variables empty for an unset one
     * @param unset told each name that has no value and no default
     */
    public Expansion(Function<String, Optional<String>> variables, Consumer<String> unset, char escape) {
        this.variables = requireNonNull(variables, "variables is null");
        this.unset = requireNonNull(unset, "unset is null");
        this.escape = escape;
    }

    /** @throws DockerfileException at {@code position} when the word can't be understood or a required variable is unset */
    public String expand(String word, Position position) throws DockerfileException {
        return new Run(word, position, 0).word((char) 0, true);
    }

    /** Variables only: quotes stay, as in a here-document. */
    public String expandText(String text, Position position) throws DockerfileException {
        return new Run(text, position, 0).word((char) 0, false);
    }

    private final class Run {
        private final String text;
        private final Position position;
        private final int depth;
        private final StringBuilder out = new StringBuilder();
        private int at;

        Run(String text, Position position, int depth) {
            this.text = text;
            this.position = position;
            this.depth = depth;
        }

        /** Reads up to {@code end}, or to the end of the text for 0. */
        String word(char end, boolean quotes) throws DockerfileException {
            while (at < text.length()) {
                char c = text.charAt(at);
                if (end != 0 && c == end) {
                    return out.toString();
                }
                if (quotes && c == '\'') {
                    singleQuoted();
                } else if (quotes && c == '"') {
                    doubleQuoted();
                } else if (c == escape) {
                    escaped(quotes);
                } else if (c == '$') {
                    append(variable());
                } else {
                    out.append(c);
                    at++;
                }
            }
            if (end != 0) {
                throw problem("the \"${\" is not closed; expected a \"}\"");
            }
            return out.toString();
        }

        private void escaped(boolean quotes) {
            at++;
            if (at == text.length()) {
                out.append(escape);
                return;
            }
            char next = text.charAt(at++);
            if (!quotes && next != '$' && next != escape) {
                out.append(escape);
            }
            out.append(next);
        }

        private void singleQuoted() throws DockerfileException {
            int close = text.indexOf('\'', at + 1);
            if (close < 0) {
                throw problem("the quote ' is not closed");
            }
            out.append(text, at + 1, close);
            at = close + 1;
        }

        private void doubleQuoted() throws DockerfileException {
            at++;
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == '"') {
                    at++;
                    return;
                }
                if (c == '$') {
                    append(variable());
                } else if (c == escape && at + 1 < text.length()) {
                    char next = text.charAt(at + 1);
                    if (next != '"' && next != '$' && next != escape) {
                        out.append(c);
                    }
                    out.append(next);
                    at += 2;
                } else {
                    out.append(c);
                    at++;
                }
            }
            throw problem("the quote \" is not closed");
        }

        private String variable() throws DockerfileException {
            at++;
            if (at < text.length() && text.charAt(at) == '{') {
                at++;
                return braced();
            }
            String name = name();
            if (name.isEmpty()) {
                return "$";
            }
            return value(name);
        }

        private String braced() throws DockerfileException {
            String name = name();
            if (name.isEmpty()) {
                throw problem("expected the name of a variable after \"${\"");
            }
            if (at == text.length()) {
                throw problem("the \"${%s\" is not closed; expected a \"}\"".formatted(name));
            }
            char operator = text.charAt(at++);
            if (operator == '}') {
                return value(name);
            }
            boolean emptyIsUnset = operator == ':';
            if (emptyIsUnset) {
                operator = at < text.length() ? text.charAt(at++) : 0;
            }
            if (operator != '-' && operator != '+' && operator != '?') {
                throw problem("\"${%s\" is followed by an unknown modifier; expected one of } :- - :+ + :? ?"
                        .formatted(name));
            }
            String argument = argument();
            Optional<String> value = variables.apply(name).filter(v -> !emptyIsUnset || !v.isEmpty());
            return switch (operator) {
                case '-' -> value.orElse(argument);
                case '+' -> value.isPresent() ? argument : "";
                default ->
                    value.orElseThrow(() -> problem("the variable %s is required: %s"
                            .formatted(name, argument.isEmpty() ? "it is not set" : argument)));
            };
        }

        private String argument() throws DockerfileException {
            if (depth == MAX_DEPTH) {
                throw problem("more than %s expansions inside each other".formatted(MAX_DEPTH));
            }
            Run inner = new Run(text, position, depth + 1);
            inner.at = at;
            String argument = inner.word('}', true);
            at = inner.at + 1;
            return argument;
        }

        private String name() {
            int start = at;
            while (at < text.length() && isNameCharacter(text.charAt(at), at == start)) {
                at++;
            }
            return text.substring(start, at);
        }

        private String value(String name) {
            Optional<String> value = variables.apply(name);
            if (value.isEmpty()) {
                unset.accept(name);
            }
            return value.orElse("");
        }

        private void append(String value) throws DockerfileException {
            if (out.length() + value.length() > MAX_LENGTH) {
                throw problem("the expanded text is longer than %s characters".formatted(MAX_LENGTH));
            }
            out.append(value);
        }

        private DockerfileException problem(String message) {
            return new DockerfileException(position, message);
        }
    }

    private static boolean isNameCharacter(char c, boolean first) {
        return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!first && c >= '0' && c <= '9');
    }
}
