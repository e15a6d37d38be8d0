package dev.gantry.agent.build.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gantry.agent.build.dockerfile.Instruction.Arg;
import dev.gantry.agent.build.dockerfile.Instruction.Copy;
import dev.gantry.agent.build.dockerfile.Instruction.Env;
import dev.gantry.agent.build.dockerfile.Instruction.Healthcheck;
import dev.gantry.agent.build.dockerfile.Instruction.Label;
import dev.gantry.agent.build.dockerfile.Instruction.Run;
import dev.gantry.agent.build.dockerfile.Instruction.Word;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DockerfileTest {
    @Test
    void readsStages() throws DockerfileException {
        Dockerfile file = Dockerfile.parse("""
                # syntax=docker/dockerfile:1
                ARG VERSION=1
                FROM base:$VERSION AS Builder
                RUN make

                # the result
                FROM scratch
                COPY --from=builder /out /
                """);

        assertThat(file.globalArguments()).hasSize(1);
        assertThat(file.stages()).hasSize(2);
        assertThat(file.stages().get(0).from().stage()).isEqualTo("builder");
        assertThat(file.stages().get(0).from().image().text()).isEqualTo("base:$VERSION");
        assertThat(file.stages().get(1).label()).isEqualTo("1");
        assertThat(file.stages().get(1).instructions()).singleElement().isInstanceOfSatisfying(Copy.class, copy -> {
            assertThat(copy.from()).isEqualTo(new Word("builder", new Position(8, 13)));
            assertThat(copy.destination().text()).isEqualTo("/");
        });
    }

    @Test
    void joinsLinesAndForgetsCommentsWithin() throws DockerfileException {
        Run run = only(Run.class, """
                RUN one && \\
                  # not part of it

                  two \\\s
                  three
                """);

        assertThat(run.command()).isEqualTo(new Command.Shell("one &&   two   three", List.of()));
        assertThat(run.source().text()).isEqualTo("RUN one && two three");
    }

    @Test
    void theEscapeDirectiveChangesTheContinuation() throws DockerfileException {
        Dockerfile file = Dockerfile.parse("# escape=`\nFROM scratch\nRUN dir C:\\\nRUN a `\nb\n");

        assertThat(file.escape()).isEqualTo('`');
        assertThat(file.stages().getFirst().instructions()).hasSize(2);
    }

    @Test
    void twoEscapesAtTheEndContinueNothing() throws DockerfileException {
        assertThat(instructions("RUN a \\\\\nRUN b\n")).hasSize(2);
    }

    @Test
    void tellsExecFormFromShellForm() throws DockerfileException {
        assertThat(only(Run.class, "RUN [\"a\", \"b c\"]\n").command())
                .isEqualTo(new Command.Exec(List.of("a", "b c")));
        assertThat(only(Run.class, "RUN [ -f x ] && y\n").command()).isInstanceOf(Command.Shell.class);

        Dockerfile file = Dockerfile.parse("FROM scratch\nCMD [\"a', \"b\"]\n");
        assertThat(file.warnings())
                .singleElement()
                .satisfies(w -> assertThat(w.message()).contains("no JSON list"));
    }

    @Test
    void readsHereDocuments() throws DockerfileException {
        Run run = only(Run.class, "RUN <<EOF\nset -e\n# kept\necho $x\nEOF\n");
        Command.Shell shell = (Command.Shell) run.command();
        assertThat(shell.isOnlyHeredoc()).isTrue();
        assertThat(shell.heredocs().getFirst().body()).isEqualTo("set -e\n# kept\necho $x\n");

        Run cat = only(Run.class, "RUN cat <<-'A' >/a && cat <<B >/b\n\tone\n\tA\ntwo\nB\n");
        assertThat(((Command.Shell) cat.command()).script())
                .isEqualTo("cat <<-'A' >/a && cat <<B >/b\n\tone\n\tA\ntwo\nB");
        assertThat(((Command.Shell) cat.command()).heredocs())
                .extracting(Heredoc::body, Heredoc::expand)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("one\n", false),
                        org.assertj.core.groups.Tuple.tuple("two\n", true));

        Copy copy = only(Copy.class, "COPY <<a.conf plain.txt <<\"b.conf\" /etc/\nfirst\na.conf\nsecond $x\nb.conf\n");
        assertThat(copy.heredocs()).extracting(Heredoc::name).containsExactly("a.conf", "b.conf");
        assertThat(copy.sources()).extracting(Word::text).containsExactly("plain.txt");
    }

    @Test
    void shellTextThatOnlyLooksLikeAHereDocumentIsLeftAlone() throws DockerfileException {
        assertThat(instructions("RUN echo $((1<<2)) <<<x\nRUN b\n")).hasSize(2);
    }

    @Test
    void readsEnvInBothForms() throws DockerfileException {
        Env env = only(Env.class, "ENV a=1 b=\"x y\" c='$q' d=e\\ f\n");
        assertThat(env.variables())
                .extracting(pair -> pair.key().text(), pair -> pair.value().text())
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("a", "1"),
                        org.assertj.core.groups.Tuple.tuple("b", "\"x y\""),
                        org.assertj.core.groups.Tuple.tuple("c", "'$q'"),
                        org.assertj.core.groups.Tuple.tuple("d", "e\\ f"));
        assertThat(only(Env.class, "ENV path  /a b c\n")
                        .variables()
                        .getFirst()
                        .value()
                        .text())
                .isEqualTo("/a b c");
        assertThat(only(Label.class, "LABEL \"com.example a\"=b\n")
                        .labels()
                        .getFirst()
                        .key()
                        .text())
                .isEqualTo("\"com.example a\"");
    }

    @Test
    void readsArgWithAndWithoutDefault() throws DockerfileException {
        Arg arg = only(Arg.class, "ARG a b=2 c=\n");
        assertThat(arg.declarations()).extracting(Arg.Declaration::name).containsExactly("a", "b", "c");
        assertThat(arg.declarations().get(0).value()).isNull();
    }

    @Test
    void readsHealthchecks() throws DockerfileException {
        Healthcheck check = only(Healthcheck.class, "HEALTHCHECK --interval=1m30s --retries=4 CMD curl -f localhost\n");
        assertThat(check.test()).containsExactly("CMD-SHELL", "curl -f localhost");
        assertThat(check.intervalNanos()).isEqualTo(90_000_000_000L);
        assertThat(check.retries()).isEqualTo(4);
        assertThat(only(Healthcheck.class, "HEALTHCHECK NONE\n").test()).containsExactly("NONE");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "FORM scratch|line 1, column 1: unknown instruction FORM; did you mean FROM?",
                "FROM scratch\\n  RNU x|line 2, column 3: unknown instruction RNU; did you mean RUN?",
                "RUN x|line 1, column 1: RUN comes before the first FROM; expected FROM, or ARG",
                "FROM a b|line 1, column 8: expected FROM image, or FROM image AS name",
                "FROM a AS 1|line 1, column 11: the stage name 1 is not valid",
                "FROM a AS x\\nFROM b AS X|the stage name x is taken by line 1",
                "FROM a\\nRUN|line 2, column 1: RUN has no arguments",
                "FROM a\\nENV a=1 b|line 2, column 9: expected name=value, found b",
                "FROM a\\nENV 1a=1|line 2, column 5: 1a is no name of a variable",
                "FROM a\\nCOPY x|line 2, column 1: COPY needs a source and a destination",
                "FROM a\\nCOPY --form=b x y|line 2, column 6: unknown flag --form; expected --chmod, --chown, --from, --link; did you mean --from?",
                "FROM a\\nCOPY --chown= x y|the flag --chown has no value",
                "FROM a\\nRUN --mount=type=bind x|RUN --mount is not supported; COPY what the command needs",
                "FROM a\\nADD http://127.0.0.1/x /|line 2, column 5: ADD of the URL http://127.0.0.1/x is refused",
                "FROM a\\nADD https://169.254.169.254/ /|is refused: a build has no network",
                "FROM a\\nADD file:///etc/passwd /|is refused: a build has no network",
                "FROM a\\nADD git@example:x.git /|is refused: a build has no network",
                "FROM a\\nUSER a b|line 2, column 8: USER takes one argument, found 2",
                "FROM a\\nSHELL sh|SHELL needs a JSON list of strings",
                "FROM a\\nONBUILD RNU x|ONBUILD has the unknown instruction RNU; did you mean RUN?",
                "FROM a\\nONBUILD FROM x|ONBUILD FROM is not allowed",
                "FROM a\\nHEALTHCHECK curl|expected HEALTHCHECK CMD command, or HEALTHCHECK NONE",
                "FROM a\\nHEALTHCHECK --interval=5 CMD x|5 is no duration",
                "FROM a\\nRUN <<EOF\\nx|line 2, column 5: the here-document <<EOF has no end; expected a line with only EOF",
                "# escape=x\\nFROM a|the escape directive has the value x",
                "# nothing|the Dockerfile has no FROM",
            })
    void saysWhereAndWhatWasExpected(String text, String message) {
        assertThatThrownBy(() -> Dockerfile.parse(text.replace("\\n", "\n")))
                .isInstanceOf(DockerfileException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aProblemInAContinuedLineIsShownWhereItStands() {
        assertThatThrownBy(() -> Dockerfile.parse("FROM a\nENV a=1 \\\n    b\n"))
                .hasMessageContaining("line 3, column 5:");
    }

    @Test
    void gathersAllProblems() {
        DockerfileException e = catchThrowableOfType(
                DockerfileException.class, () -> Dockerfile.parse("FROM a\nRNU x\nENV =1\nCPOY a b\n"));

        assertThat(e.problems()).extracting(p -> p.position().line()).containsExactly(2, 3, 4);
        assertThat(e.line()).isEqualTo(2);
    }

    @Property(tries = 2000)
    void anyTextParsesOrIsRefused(@ForAll("texts") String text) {
        try {
            assertThat(Dockerfile.parse(text).stages()).isNotEmpty();
        } catch (DockerfileException e) {
            assertThat(e.problems())
                    .isNotEmpty()
                    .allSatisfy(p -> assertThat(p.position().line()).isPositive());
        }
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(
                        "FROM",
                        "RUN",
                        "COPY",
                        "ENV",
                        "ARG",
                        "LABEL",
                        "HEALTHCHECK",
                        "ONBUILD",
                        "SHELL",
                        "ADD",
                        "scratch",
                        "AS",
                        " ",
                        "\n",
                        "\\\n",
                        "\"",
                        "'",
                        "[",
                        "]",
                        "<<EOF",
                        "EOF",
                        "=",
                        "--from=x",
                        "--",
                        "$",
                        "${a",
                        "}",
                        "#",
                        "# escape=`\n",
                        "\r\n",
                        "\t",
                        "a",
                        "\ufeff",
                        "\0",
                        "é",
                        ",")
                .list()
                .ofMaxSize(30)
                .map(parts -> parts.stream().collect(Collectors.joining()));
    }

    private static List<Instruction> instructions(String text) throws DockerfileException {
        return Dockerfile.parse("FROM scratch\n" + text).stages().getFirst().instructions();
    }

    private static <T extends Instruction> T only(Class<T> type, String text) throws DockerfileException {
        List<Instruction> instructions = instructions(text);
        assertThat(instructions).hasSize(1);
        return type.cast(instructions.getFirst());
    }
}
