package dev.gantry.agent.build.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpansionTest {
    private static final Map<String, String> VARIABLES =
            Map.of("a", "1", "empty", "", "path", "/x:/y", "quote", "\"$a");
    private static final Position HERE = new Position(3, 7);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "plain|plain",
                "$a|1",
                "x${a}y|x1y",
                "$ab|``",
                "$a-$a|1-1",
                "${b:-d}|d",
                "${empty:-d}|d",
                "${empty-d}|``",
                "${b-d}|d",
                "${a:-d}|1",
                "${a:+d}|d",
                "${empty:+d}|``",
                "${empty+d}|d",
                "${b+d}|``",
                "${b:-${a}}|1",
                "${b:-${c:-x y}}|x y",
                "${a:?no}|1",
                "'$a'|$a",
                "\"$a b\"|1 b",
                "\"'$a'\"|'1'",
                "\\$a|$a",
                "\"\\$a\"|$a",
                "\"\\q\"|\\q",
                "a\\ b|a b",
                "$|$",
                "a$|a$",
                "$path:/z|/x:/y:/z",
                "$quote|\"$a",
                "\\\\|\\",
            })
    void expands(String word, String expected) throws DockerfileException {
        assertThat(expansion(new ArrayList<>()).expand(word, HERE)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "${a|the \"${a\" is not closed",
                "${|expected the name of a variable",
                "${1}|expected the name of a variable",
                "${a:|unknown modifier",
                "${a%x}|unknown modifier; expected one of } :- - :+ + :? ?",
                "${b:-x|is not closed",
                "'x|the quote ' is not closed",
                "\"x|the quote \" is not closed",
                "${b:?set it}|the variable b is required: set it",
                "${b?}|the variable b is required: it is not set",
            })
    void saysWhatIsWrong(String word, String message) {
        assertThatThrownBy(() -> expansion(new ArrayList<>()).expand(word, HERE))
                .isInstanceOf(DockerfileException.class)
                .hasMessageStartingWith("line 3, column 7: ")
                .hasMessageContaining(message);
    }

    @Test
    void tellsOfUnsetVariables() throws DockerfileException {
        List<String> unset = new ArrayList<>();
        expansion(unset).expand("$b${c}${d:-x}$a", HERE);
        assertThat(unset).containsExactly("b", "c");
    }

    @Test
    void hereDocumentsKeepTheirQuotes() throws DockerfileException {
        assertThat(expansion(new ArrayList<>()).expandText("say \"$a\" '$a' \\$a \\n\n", HERE))
                .isEqualTo("say \"1\" '1' $a \\n\n");
    }

    @Test
    void nestingIsLimited() {
        assertThatThrownBy(() -> expansion(new ArrayList<>()).expand("${b:-".repeat(10_000), HERE))
                .hasMessageContaining("more than 32 expansions inside each other");
    }

    @Property(tries = 2000)
    void anyWordExpandsOrIsRefused(@ForAll("words") String word) {
        try {
            assertThat(expansion(new ArrayList<>()).expand(word, HERE)).isNotNull();
        } catch (DockerfileException e) {
            assertThat(e.line()).isEqualTo(3);
        }
    }

    @Provide
    Arbitrary<String> words() {
        return Arbitraries.of("$", "{", "}", "a", "b", ":", "-", "+", "?", "'", "\"", "\\", " ", "${a:-")
                .list()
                .ofMaxSize(20)
                .map(parts -> String.join("", parts));
    }

    private static Expansion expansion(List<String> unset) {
        return new Expansion(name -> Optional.ofNullable(VARIABLES.get(name)), unset::add, '\\');
    }
}
