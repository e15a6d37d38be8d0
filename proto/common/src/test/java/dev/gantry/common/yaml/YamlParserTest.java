package dev.gantry.common.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class YamlParserTest {
    @Test
    void everyFieldKnowsItsPlace() throws YamlException {
        YamlDocument document = only("""
                apiVersion: v1
                metadata:
                  labels: {app: web}
                spec:
                  containers:
                  - name: a
                    image: b
                """);
        assertThat(document.root().at("/spec/containers/0/image").asText()).isEqualTo("b");
        assertThat(document.position("spec.containers[0].image")).isEqualTo(new YamlPosition(7, 5));
        assertThat(document.position("metadata.labels[app]")).isEqualTo(new YamlPosition(3, 12));
        assertThat(document.position("spec.containers[0].ports[1]")).isEqualTo(new YamlPosition(6, 5));
        assertThat(document.position("nothing.of.it")).isEqualTo(new YamlPosition(1, 1));
    }

    @Test
    void plainWordsMeanWhatTheyMeanToKubectl() throws YamlException {
        var root = only("{a: 0644, b: yes, c: '0644', d: 1.5, e: 0x1f, f: null, g: 1e3, h: 007x, i: -4}")
                .root();
        assertThat(root.get("a").asInt()).isEqualTo(0644);
        assertThat(root.get("b").asBoolean()).isTrue();
        assertThat(root.get("c").asText()).isEqualTo("0644");
        assertThat(root.get("c").isTextual()).isTrue();
        assertThat(root.get("d").decimalValue()).isEqualByComparingTo("1.5");
        assertThat(root.get("e").asInt()).isEqualTo(31);
        assertThat(root.get("f").isNull()).isTrue();
        assertThat(root.get("g").isNumber()).isTrue();
        assertThat(root.get("h").isTextual()).isTrue();
        assertThat(root.get("i").asInt()).isEqualTo(-4);
    }

    @Test
    void severalDocumentsAndEmptyOnes() throws YamlException {
        List<YamlDocument> documents = YamlParser.parse("---\na: 1\n---\n# nothing\n---\nb: 2\n");
        assertThat(documents).hasSize(2);
        assertThat(documents.get(1).position("b").line()).isEqualTo(6);
    }

    @Test
    void anchorsAndMergeKeys() throws YamlException {
        var root = only("base: &b {x: 1, y: 2}\nover:\n  <<: *b\n  y: 3\n").root();
        assertThat(root.at("/over/x").asInt()).isEqualTo(1);
        assertThat(root.at("/over/y").asInt()).isEqualTo(3);
    }

    @Test
    void anAliasBombFailsQuickly() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 12; i++) {
            bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(10)));
        }
        assertThatThrownBy(() -> YamlParser.parse(bomb.toString()))
                .isInstanceOf(YamlException.class)
                .hasMessageContaining("once aliases (*name) are written out");
    }

    @Test
    void depthIsBounded() {
        assertThatThrownBy(() -> YamlParser.parse("[".repeat(100_000)))
                .isInstanceOf(YamlException.class)
                .hasMessageContaining("levels deep");
    }

    @Test
    void problemsHaveAPlaceAndAMeaning() {
        assertProblem("a: 1\na: 2\n", 2, "twice");
        assertProblem("a:\n\tb: 1\n", 2, "spaces");
        assertProblem("a: b: c\n", 1, "indentation");
        assertProblem("a: [1, 2\n", 2, "");
    }

    @Property(tries = 500)
    void anyTextIsADocumentOrAProblem(@ForAll String text) {
        try {
            assertThat(YamlParser.parse(text)).isNotNull();
        } catch (YamlException e) {
            assertThat(e.position().line()).isPositive();
        }
    }

    private static void assertProblem(String text, int line, String message) {
        assertThatThrownBy(() -> YamlParser.parse(text))
                .isInstanceOfSatisfying(
                        YamlException.class,
                        e -> assertThat(e.position().line()).isEqualTo(line))
                .hasMessageContaining(message);
    }

    private static YamlDocument only(String text) throws YamlException {
        List<YamlDocument> documents = YamlParser.parse(text);
        assertThat(documents).hasSize(1);
        return documents.getFirst();
    }
}
