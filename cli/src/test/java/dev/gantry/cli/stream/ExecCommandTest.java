package dev.gantry.cli.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.gantry.cli.Console;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

class ExecCommandTest {
    private static final Console NOWHERE = new Console(
            new PrintStream(OutputStream.nullOutputStream()),
            new PrintStream(OutputStream.nullOutputStream()),
            InputStream.nullInputStream(),
            false);

    static Stream<Arguments> lines() {
        return Stream.of(
                arguments("web -- sh -c true", List.of("sh", "-c", "true"), false),
                arguments("web sh -c true", List.of("sh", "-c", "true"), false),
                arguments("-i -c main web -- ls -it", List.of("ls", "-it"), true),
                arguments("web -i -- cat", List.of("cat"), true),
                arguments("web -i cat -n", List.of("cat", "-n"), true),
                arguments("web ls --help -h --container x", List.of("ls", "--help", "-h", "--container", "x"), false),
                arguments("web -- grep -- -x", List.of("grep", "--", "-x"), false),
                arguments("web grep -- -x", List.of("grep", "--", "-x"), false),
                arguments("web -- -x", List.of("-x"), false),
                arguments("web -i", List.of(), true));
    }

    @ParameterizedTest(name = "gantry exec {0}")
    @MethodSource("lines")
    void fromItsFirstWordOnTheCommandIsTakenAsItIs(String line, List<String> command, boolean stdin) {
        ParseResult parsed = new CommandLine(new ExecCommand(NOWHERE)).parseArgs(line.split(" ", -1));

        assertThat(value(parsed, 0)).isEqualTo("web");
        assertThat(value(parsed, 1)).isEqualTo(command);
        assertThat(parsed.matchedOptionValue('i', false)).isEqualTo(stdin);
    }

    private static Object value(ParseResult parsed, int position) {
        PositionalParamSpec parameter =
                parsed.commandSpec().positionalParameters().get(position);
        return Objects.requireNonNull(parameter.getValue());
    }
}
