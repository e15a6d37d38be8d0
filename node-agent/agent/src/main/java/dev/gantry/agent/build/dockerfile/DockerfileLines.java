package dev.gantry.agent.build.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** From text to raw instructions: parser directives, comments, continued lines, here-documents. */
final class DockerfileLines {
    private static final Pattern DIRECTIVE = Pattern.compile("#\\s*([A-Za-z][A-Za-z0-9]*)\\s*=\\s*(.+?)\\s*");
    private static final Pattern HEREDOC = Pattern.compile("\\d*<<(-?)(['\"]?)([A-Za-z0-9_.][A-Za-z0-9_.-]*)\\2");
    private static final Pattern KEYWORD = Pattern.compile("\\S+");
    private static final Set<String> WITH_HEREDOC = Set.of("RUN", "COPY", "ADD");

    private final String[] lines;
    private final List<DockerfileException.Problem> problems;
    private final List<RawInstruction> instructions = new ArrayList<>();
    private char escape = '\\';
    private int next;

    DockerfileLines(String text, List<DockerfileException.Problem> problems) {
        String withoutMark = text.startsWith("\ufeff") ? text.substring(1) : text;
        this.lines = withoutMark.split("\r?\n", -1);
        this.problems = problems;
    }

    /** The character that continues lines and takes away a character's meaning: {@code \}, or {@code `} by directive. */
    char escape() {
        return escape;
    }

    List<RawInstruction> read() {
        readDirectives();
        while (next < lines.length) {
            if (isBlank(lines[next]) || isComment(lines[next])) {
                next++;
            } else {
                readInstruction();
            }
        }
        return instructions;
    }

    private void readDirectives() {
        while (next < lines.length) {
            Matcher directive = DIRECTIVE.matcher(lines[next].strip());
            if (!directive.matches()) {
                return;
            }
            String name = directive.group(1).toLowerCase(Locale.ROOT);
            if (name.equals("escape")) {
                readEscape(directive.group(2));
            } else if (!name.equals("syntax") && !name.equals("check")) {
                return;
            }
            next++;
        }
    }

    private void readEscape(String value) {
        if (value.equals("`") || value.equals("\\")) {
            escape = value.charAt(0);
        } else {
            problem(
                    new Position(next + 1, 1),
                    "the escape directive has the value %s; expected \\ or `".formatted(value));
        }
    }

    private void readInstruction() {
        SourceText joined = join().strip();
        Matcher keyword = KEYWORD.matcher(joined.text());
        if (!keyword.find()) {
            return;
        }
        String name = keyword.group().toUpperCase(Locale.ROOT);
        SourceText arguments = joined.substring(keyword.end()).strip();
        List<Heredoc> heredocs =
                WITH_HEREDOC.contains(name) && !isExecForm(arguments) ? readHeredocs(arguments) : List.of();
        instructions.add(new RawInstruction(name, joined.position(0), arguments, heredocs));
    }

    private SourceText join() {
        SourceText.Collector joined = new SourceText.Collector();
        boolean continued = true;
        while (continued && next < lines.length) {
            String line = lines[next];
            if (!joined.isEmpty() && (isComment(line) || isBlank(line))) {
                next++;
                continue;
            }
            int end = continuation(line);
            continued = end >= 0;
            joined.append(continued ? line.substring(0, end) : line, next + 1, 1);
            next++;
        }
        return joined.collected();
    }

    /** Where the escape character stands that continues the line, or -1. Two of them are an escaped one. */
    private int continuation(String line) {
        int end = line.stripTrailing().length();
        int count = 0;
        while (count < end && line.charAt(end - 1 - count) == escape) {
            count++;
        }
        return count % 2 == 1 ? end - 1 : -1;
    }

    private List<Heredoc> readHeredocs(SourceText arguments) {
        List<Heredoc> heredocs = new ArrayList<>();
        for (SourceText word : Words.split(arguments, escape)) {
            Matcher start = HEREDOC.matcher(word.text());
            if (start.matches()) {
                heredocs.add(readHeredoc(
                        word, !start.group(1).isEmpty(), start.group(2).isEmpty(), start.group(3)));
            }
        }
        return heredocs;
    }

    private Heredoc readHeredoc(SourceText word, boolean stripTabs, boolean expand, String name) {
        StringBuilder body = new StringBuilder();
        StringBuilder source = new StringBuilder();
        while (next < lines.length) {
            String line = lines[next++];
            source.append(line).append('\n');
            String content = stripTabs ? withoutLeadingTabs(line) : line;
            if (content.equals(name)) {
                return new Heredoc(name, expand, body.toString(), source.toString());
            }
            body.append(content).append('\n');
        }
        problem(
                word.position(0),
                "the here-document %s has no end; expected a line with only %s".formatted(word, name));
        return new Heredoc(name, expand, body.toString(), source.toString());
    }

    private void problem(Position position, String message) {
        problems.add(new DockerfileException.Problem(position, message));
    }

    private static boolean isExecForm(SourceText arguments) {
        return arguments.text().startsWith("[");
    }

    private static String withoutLeadingTabs(String line) {
        int tabs = 0;
        while (tabs < line.length() && line.charAt(tabs) == '\t') {
            tabs++;
        }
        return line.substring(tabs);
    }

    private static boolean isComment(String line) {
        return line.stripLeading().startsWith("#");
    }

    private static boolean isBlank(String line) {
        return line.isBlank();
    }
}
