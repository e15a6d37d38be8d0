package dev.gantry.common.ignore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathPatternTest {
    @ParameterizedTest
    @CsvSource({
        "a, a, true",
        "a, b, false",
        "*, a, true",
        "*, a/b, false",
        "*.go, x.go, true",
        "*.go, d/x.go, false",
        "a*b*c, aXbYc, true",
        "a*b*c, ab, false",
        "?, a, true",
        "?, /, false",
        "a?c, abc, true",
        "**, a/b/c, true",
        "**/x, x, true",
        "**/x, a/b/x, true",
        "**/x, ax, false",
        "a/**, a/b, true",
        "a/**, a, false",
        "a/**/b, a/b, true",
        "a/**/b, a/x/y/b, true",
        "a/**/b, axb, false",
        "**/*.md, r.md, true",
        "**/*.md, d/e/r.md, true",
        "[a-c], b, true",
        "[a-c], d, false",
        "[^a-c], d, true",
        "[^a-c], a, false",
        "[!x], y, true",
        "x\\*, x*, true",
        "x\\*, xy, false",
    })
    void matches(String pattern, String path, boolean expected) {
        assertThat(PathPattern.compile(pattern).matches(path)).isEqualTo(expected);
    }

    @Test
    void refusesWhatHasNoMeaning() {
        assertThatThrownBy(() -> PathPattern.compile("[a")).hasMessageContaining("has a [ without its ]");
        assertThatThrownBy(() -> PathPattern.compile("a\\")).hasMessageContaining("ends with a backslash");
    }

    @Test
    void aHostilePatternTakesNoLongerThanItsLength() {
        assertThat(PathPattern.compile("*a".repeat(500)).matches("a".repeat(499) + "b"))
                .isFalse();
        assertThat(PathPattern.compile("**/".repeat(500) + "x").matches("a/".repeat(500) + "y"))
                .isFalse();
    }

    @Property
    void aPathWithoutMeaningMatchesItself(@ForAll("paths") String path) {
        assertThat(PathPattern.compile(path).matches(path)).isTrue();
    }

    @Property
    void anyPatternMatchesOrIsRefused(@ForAll("patterns") String pattern, @ForAll("paths") String path) {
        try {
            PathPattern compiled = PathPattern.compile(pattern);
            assertThat(compiled.matches(path)).isEqualTo(compiled.matches(path));
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).contains("pattern");
        }
    }

    @Provide
    Arbitrary<String> paths() {
        return Arbitraries.strings().withChars("ab/.").ofMaxLength(12);
    }

    @Provide
    Arbitrary<String> patterns() {
        return Arbitraries.strings().withChars("ab/*?[]^-\\").ofMaxLength(12);
    }
}
