package dev.gantry.common.spelling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpellingTest {
    private static final List<String> KNOWN = List.of("apply", "get", "up", "replicas", "imagePullPolicy");

    @ParameterizedTest
    @CsvSource({
        "appl,apply",
        "aplpy,apply",
        "gte,get",
        "GET,get",
        "replica,replicas",
        "imagepulpolicie,imagePullPolicy",
        "ima,imagePullPolicy",
        "rep,replicas"
    })
    void findsWhatWasMeant(String typed, String meant) {
        assertThat(Spelling.nearest(typed, KNOWN)).contains(meant);
    }

    @ParameterizedTest
    @CsvSource({"foo", "top", "why", "x", "pods"})
    void guessesNothingFromAWordThatIsLikeNone(String typed) {
        assertThat(Spelling.nearest(typed, KNOWN)).isEmpty();
    }

    @Test
    void guessesNothingFromTheBeginningOfSeveralOrOfNextToNothing() {
        assertThat(Spelling.nearest("sta", List.of("status", "statefulset"))).isEmpty();
        assertThat(Spelling.nearest("re", List.of("replicas"))).isEmpty();
    }

    @Test
    void looksAtNoWordLongerThanAnyThatIsMeant() {
        String known = "a".repeat(70);
        assertThat(Spelling.nearest(known, List.of(known))).isEmpty();
    }

    @Test
    void sentence() {
        assertThat(Spelling.didYouMean("gett", KNOWN)).isEqualTo("; did you mean get?");
        assertThat(Spelling.didYouMean("foo", KNOWN)).isEmpty();
    }
}
