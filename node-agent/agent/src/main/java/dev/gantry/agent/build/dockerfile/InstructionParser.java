package dev.gantry.agent.build.dockerfile;

import dev.gantry.agent.build.dockerfile.DockerfileException.Problem;
import dev.gantry.agent.build.dockerfile.Instruction.Arg;
import dev.gantry.agent.build.dockerfile.Instruction.Copy;
import dev.gantry.agent.build.dockerfile.Instruction.From;
import dev.gantry.agent.build.dockerfile.Instruction.Healthcheck;
import dev.gantry.agent.build.dockerfile.Instruction.Keyword;
import dev.gantry.agent.build.dockerfile.Instruction.OnBuild;
import dev.gantry.agent.build.dockerfile.Instruction.Pair;
import dev.gantry.agent.build.dockerfile.Instruction.Source;
import dev.gantry.agent.build.dockerfile.Instruction.Word;
import dev.gantry.common.spelling.Spelling;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One raw instruction to a typed one. */
final class InstructionParser {
    private static final Pattern VARIABLE_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern STAGE_NAME = Pattern.compile("[a-z][a-z0-9_.-]*");
    private static final Pattern URL = Pattern.compile("(?i)([a-z][a-z0-9+.-]*://|git@).*");
    private static final Pattern DURATION = Pattern.compile("(?:\\d{1,9}(?:\\.\\d{1,9})?(?:ns|us|µs|ms|s|m|h))+");
    private static final Pattern DURATION_PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h)");
    private static final Map<String, Long> NANOS = Map.of(
            "ns",
            1L,
            "us",
            1_000L,
            "µs",
            1_000L,
            "ms",
            1_000_000L,
            "s",
            1_000_000_000L,
            "m",
            60_000_000_000L,
            "h",
            3_600_000_000_000L);
    private static final Set<String> COPY_FLAGS = Set.of("from", "chown", "chmod", "link");
    private static final Set<String> ADD_FLAGS = Set.of("chown", "chmod", "link");
    private static final Set<String> HEALTH_FLAGS =
            Set.of("interval", "timeout", "start-period", "start-interval", "retries");

    private final char escape;
    private final List<Problem> warnings;

    InstructionParser(char escape, List<Problem> warnings) {
        this.escape = escape;
        this.warnings = warnings;
    }

    Instruction parse(Keyword keyword, RawInstruction raw) throws DockerfileException {
        Source source = new Source(keyword.name(), raw.position(), raw.oneLine());
        SourceText arguments = raw.arguments();
        if (arguments.isEmpty()) {
            throw new DockerfileException(raw.position(), "%s has no arguments".formatted(keyword));
        }
        return switch (keyword) {
            case FROM -> from(source, arguments);
            case ARG -> arg(source, arguments);
            case ENV -> new Instruction.Env(source, pairs(keyword, arguments));
            case LABEL -> new Instruction.Label(source, pairs(keyword, arguments));
            case COPY -> copy(source, Flags.parse(arguments, COPY_FLAGS), raw.heredocs(), false);
            case ADD -> copy(source, Flags.parse(arguments, ADD_FLAGS), raw.heredocs(), true);
            case RUN -> run(source, arguments, raw.heredocs());
            case CMD -> new Instruction.Cmd(source, command(arguments, List.of()));
            case ENTRYPOINT -> new Instruction.Entrypoint(source, command(arguments, List.of()));
            case WORKDIR -> new Instruction.Workdir(source, word(arguments));
            case USER -> new Instruction.User(source, single(keyword, arguments));
            case STOPSIGNAL -> new Instruction.StopSignal(source, single(keyword, arguments));
            case EXPOSE -> new Instruction.Expose(source, words(arguments));
            case VOLUME -> new Instruction.Volume(source, listOrWords(arguments));
            case SHELL -> shell(source, arguments);
            case MAINTAINER -> new Instruction.Maintainer(source, arguments.text());
            case ONBUILD -> onBuild(source, arguments);
            case HEALTHCHECK -> healthcheck(source, arguments);
        };
    }

    private From from(Source source, SourceText arguments) throws DockerfileException {
        Flags flags = Flags.parse(arguments, Set.of("platform"));
        List<SourceText> words = Words.split(flags.rest(), escape);
        if (words.size() == 1) {
            return new From(source, word(words.getFirst()), flags.get("platform"), null);
        }
        if (words.size() != 3 || !words.get(1).text().equalsIgnoreCase("AS")) {
            Position position = words.size() > 1 ? words.get(1).position(0) : source.position();
            throw new DockerfileException(position, "expected FROM image, or FROM image AS name");
        }
        String name = words.get(2).text().toLowerCase(Locale.ROOT);
        if (!STAGE_NAME.matcher(name).matches()) {
            throw new DockerfileException(
                    words.get(2).position(0),
                    "the stage name %s is not valid; expected a letter, then letters, digits, '_', '.' or '-'"
                            .formatted(name));
        }
        return new From(source, word(words.getFirst()), flags.get("platform"), name);
    }

    private Arg arg(Source source, SourceText arguments) throws DockerfileException {
        List<Arg.Declaration> declarations = new ArrayList<>();
        for (SourceText word : Words.split(arguments, escape)) {
            int equals = word.text().indexOf('=');
            String name = equals < 0 ? word.text() : word.text().substring(0, equals);
            checkVariable(name, word.position(0));
            declarations.add(new Arg.Declaration(name, equals < 0 ? null : word(word.substring(equals + 1))));
        }
        return new Arg(source, declarations);
    }

    private List<Pair> pairs(Keyword keyword, SourceText arguments) throws DockerfileException {
        List<SourceText> words = Words.split(arguments, escape);
        SourceText first = words.getFirst();
        if (first.text().indexOf('=') < 0) {
            return List.of(oldForm(keyword, arguments, first));
        }
        List<Pair> pairs = new ArrayList<>();
        for (SourceText word : words) {
            int equals = equalsOutsideQuotes(word);
            if (equals < 0) {
                throw new DockerfileException(
                        word.position(0),
                        "expected name=value, found %s; quote a value that has spaces".formatted(word));
            }
            if (equals == 0) {
                throw new DockerfileException(word.position(0), "expected a name before the '='");
            }
            pairs.add(pair(keyword, word.substring(0, equals), word.substring(equals + 1)));
        }
        return pairs;
    }

    private Pair oldForm(Keyword keyword, SourceText arguments, SourceText name) throws DockerfileException {
        SourceText value = arguments.substring(name.length()).strip();
        if (value.isEmpty()) {
            throw new DockerfileException(
                    name.position(0), "%s %s has no value; expected %s=value".formatted(keyword, name, name));
        }
        return pair(keyword, name, value);
    }

    private static Pair pair(Keyword keyword, SourceText key, SourceText value) throws DockerfileException {
        if (keyword == Keyword.ENV && key.text().indexOf('$') < 0) {
            checkVariable(key.text(), key.position(0));
        }
        return new Pair(word(key), word(value));
    }

    private static int equalsOutsideQuotes(SourceText word) {
        char quote = 0;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (quote == 0 && c == '=') {
                return i;
            }
            if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == quote) {
                quote = 0;
            }
        }
        return -1;
    }

    private static void checkVariable(String name, Position position) throws DockerfileException {
        if (!VARIABLE_NAME.matcher(name).matches()) {
            throw new DockerfileException(
                    position,
                    "%s is no name of a variable; expected letters, digits and '_', not beginning with a digit"
                            .formatted(name));
        }
    }

    private Copy copy(Source source, Flags flags, List<Heredoc> heredocs, boolean extract) throws DockerfileException {
        List<Word> all = listOrWords(flags.rest());
        List<Word> sources = new ArrayList<>();
        for (Word word : all.subList(0, Math.max(0, all.size() - 1))) {
            if (heredocs.stream().noneMatch(h -> isHeredocWord(word.text(), h))) {
                sources.add(word);
            }
        }
        if (all.size() < 2) {
            throw new DockerfileException(
                    source.position(), "%s needs a source and a destination".formatted(source.keyword()));
        }
        for (Word word : sources) {
            checkNoUrl(source, word);
        }
        for (Heredoc heredoc : heredocs) {
            if (heredoc.name().equals(".") || heredoc.name().equals("..")) {
                throw new DockerfileException(
                        source.position(), "the here-document %s has no name for a file".formatted(heredoc.name()));
            }
        }
        return new Copy(
                source,
                extract,
                flags.get("from"),
                flags.get("chown"),
                flags.get("chmod"),
                sources,
                heredocs,
                all.getLast());
    }

    private static boolean isHeredocWord(String word, Heredoc heredoc) {
        return word.matches("\\d*<<-?(['\"]?)" + Pattern.quote(heredoc.name()) + "\\1");
    }

    private static void checkNoUrl(Source source, Word word) throws DockerfileException {
        if (URL.matcher(word.text()).matches()) {
            throw new DockerfileException(
                    word.position(),
                    "%s of the URL %s is refused: a build has no network; put the file into the context and copy it"
                            .formatted(source.keyword(), word.text()));
        }
    }

    private Instruction run(Source source, SourceText arguments, List<Heredoc> heredocs) throws DockerfileException {
        Set<String> known = arguments.text().startsWith("--network=none") ? Set.of("network") : Set.of();
        Flags flags = Flags.parse(arguments, known);
        if (flags.rest().isEmpty()) {
            throw new DockerfileException(source.position(), "RUN has no command");
        }
        Command command = command(flags.rest(), heredocs);
        if (command instanceof Command.Exec exec && exec.arguments().isEmpty()) {
            throw new DockerfileException(source.position(), "RUN has no command; expected a program in the list");
        }
        return new Instruction.Run(source, command);
    }

    private Command command(SourceText arguments, List<Heredoc> heredocs) {
        Optional<List<String>> exec = ExecForm.parse(arguments.text());
        if (exec.isPresent()) {
            return new Command.Exec(exec.get());
        }
        if (arguments.text().startsWith("[")
                && arguments.text().endsWith("]")
                && arguments.text().indexOf('"') > 0) {
            warn(
                    arguments.position(0),
                    "this looks like the exec form but is no JSON list of strings, so a shell will run it");
        }
        return new Command.Shell(arguments.text(), heredocs);
    }

    private Instruction shell(Source source, SourceText arguments) throws DockerfileException {
        List<String> command = ExecForm.parse(arguments.text()).orElse(List.of());
        if (command.isEmpty()) {
            throw new DockerfileException(
                    arguments.position(0), "SHELL needs a JSON list of strings, such as [\"/bin/sh\", \"-c\"]");
        }
        return new Instruction.Shell(source, command);
    }

    private OnBuild onBuild(Source source, SourceText arguments) throws DockerfileException {
        String trigger = arguments.text().split("\\s+", 2)[0].toUpperCase(Locale.ROOT);
        if (Keyword.of(trigger) == null) {
            throw new DockerfileException(
                    arguments.position(0),
                    "ONBUILD has the unknown instruction %s%s"
                            .formatted(
                                    trigger,
                                    Spelling.didYouMean(
                                            trigger,
                                            java.util.Arrays.stream(Keyword.values())
                                                    .map(Enum::name)
                                                    .toList())));
        }
        if (trigger.equals("ONBUILD") || trigger.equals("FROM") || trigger.equals("MAINTAINER")) {
            throw new DockerfileException(arguments.position(0), "ONBUILD %s is not allowed".formatted(trigger));
        }
        return new OnBuild(source, arguments.text());
    }

    private Healthcheck healthcheck(Source source, SourceText arguments) throws DockerfileException {
        Flags flags = Flags.parse(arguments, HEALTH_FLAGS);
        List<SourceText> words = Words.split(flags.rest(), escape);
        String kind = words.isEmpty() ? "" : words.getFirst().text().toUpperCase(Locale.ROOT);
        List<String> test;
        if (kind.equals("NONE") && words.size() == 1) {
            test = List.of("NONE");
        } else if (kind.equals("CMD") && words.size() > 1) {
            test = healthTest(command(flags.rest().substring(3).strip(), List.of()));
        } else {
            throw new DockerfileException(source.position(), "expected HEALTHCHECK CMD command, or HEALTHCHECK NONE");
        }
        return new Healthcheck(
                source,
                test,
                duration(flags.get("interval")),
                duration(flags.get("timeout")),
                duration(flags.get("start-period")),
                duration(flags.get("start-interval")),
                retries(flags.get("retries")));
    }

    private static List<String> healthTest(Command command) {
        return switch (command) {
            case Command.Exec exec -> {
                List<String> test = new ArrayList<>(List.of("CMD"));
                test.addAll(exec.arguments());
                yield test;
            }
            case Command.Shell shell -> List.of("CMD-SHELL", shell.text());
        };
    }

    private static long duration(@Nullable Word word) throws DockerfileException {
        if (word == null) {
            return 0;
        }
        if (!DURATION.matcher(word.text()).matches()) {
            throw new DockerfileException(
                    word.position(), "%s is no duration; expected one such as 30s or 1m30s".formatted(word.text()));
        }
        double nanos = 0;
        Matcher part = DURATION_PART.matcher(word.text());
        while (part.find()) {
            nanos += Double.parseDouble(part.group(1)) * NANOS.getOrDefault(part.group(2), 0L);
        }
        return (long) nanos;
    }

    private static int retries(@Nullable Word word) throws DockerfileException {
        if (word == null) {
            return 0;
        }
        if (!word.text().matches("[1-9]\\d{0,5}")) {
            throw new DockerfileException(
                    word.position(), "--retries is %s; expected a number from 1".formatted(word.text()));
        }
        return Integer.parseInt(word.text());
    }

    private List<Word> listOrWords(SourceText arguments) {
        Optional<List<String>> list = ExecForm.parse(arguments.text());
        if (list.isPresent()) {
            return list.get().stream()
                    .map(text -> new Word(quoted(text), arguments.position(0)))
                    .toList();
        }
        return words(arguments);
    }

    /** A JSON string stands for itself but for variables: its quotes and escapes are kept through the expansion. */
    private String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == escape) {
                quoted.append(escape);
            }
            quoted.append(c);
        }
        return quoted.append('"').toString();
    }

    private List<Word> words(SourceText arguments) {
        return Words.split(arguments, escape).stream()
                .map(InstructionParser::word)
                .toList();
    }

    private Word single(Keyword keyword, SourceText arguments) throws DockerfileException {
        List<SourceText> words = Words.split(arguments, escape);
        if (words.size() != 1) {
            throw new DockerfileException(
                    words.get(1).position(0), "%s takes one argument, found %s".formatted(keyword, words.size()));
        }
        return word(words.getFirst());
    }

    private static Word word(SourceText text) {
        return new Word(text.text(), text.position(0));
    }

    private void warn(Position position, String message) {
        warnings.add(new Problem(position, message));
    }
}
