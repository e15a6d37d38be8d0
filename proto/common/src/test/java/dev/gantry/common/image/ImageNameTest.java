package dev.gantry.common.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageNameTest {
    private static final Digest DIGEST = Digest.of("content");

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "web, -, web, latest, web:latest",
                "web:1, -, web, 1, web:1",
                "team/web:v1.2_3-rc, -, team/web, v1.2_3-rc, team/web:v1.2_3-rc",
                "a__b/c.d-e, -, a__b/c.d-e, latest, a__b/c.d-e:latest",
                "localhost/web, localhost, web, latest, localhost/web:latest",
                "registry.example/web, registry.example, web, latest, registry.example/web:latest",
                "registry:5000/web:2, registry:5000, web, 2, registry:5000/web:2",
                "[::1]:5000/web, [::1]:5000, web, latest, [::1]:5000/web:latest",
            })
    void parsesAndPrints(String text, String registry, String repository, String tag, String printed) {
        ImageName name = ImageName.parse(text);

        assertThat(name)
                .isEqualTo(new ImageName(registry, repository, tag, null))
                .hasToString(printed);
        assertThat(name.isUnqualified()).isEqualTo(registry == null);
    }

    @Test
    void aDigestNeedsNoTag() {
        assertThat(ImageName.parse("web@" + DIGEST)).isEqualTo(new ImageName(null, "web", null, DIGEST));
        assertThat(ImageName.parse("web:1@" + DIGEST))
                .isEqualTo(ImageName.parse("web:1").withDigest(DIGEST));
        assertThat(ImageName.parse("web@" + DIGEST)).hasToString("web@" + DIGEST);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|expected a name such as web:1",
                "Web|names are lower case",
                "we b|has the part \"we b\"",
                "../etc/passwd|has the registry \"..\"",
                "a/../b|has the part \"..\"",
                "a//b|has the part \"\"",
                "/a|has the part \"\"",
                "a/|has the part \"\"",
                "web:|has the tag \"\"",
                "web:-1|has the tag \"-1\"",
                "web:1:2|has the tag \"1:2\"",
                "web@sha256:abc|expected sha256: and 64 digits",
                "registry:port/web|has the registry \"registry:port\"",
                "-a|has the part \"-a\"",
                "a-|has the part \"a-\"",
                "a___b|has the part \"a___b\"",
            })
    void saysWhatWasExpected(String text, String expected) {
        assertThatThrownBy(() -> ImageName.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(expected);
        assertThat(ImageName.tryParse(text)).isEmpty();
    }

    @Test
    void hostileNamesGiveShortMessagesOnOneLine() {
        assertThatThrownBy(() -> ImageName.parse("a".repeat(1 << 20)))
                .hasMessageContaining("1048576 characters")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
        assertThatThrownBy(() -> ImageName.parse("a\nb\0\ud800"))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "\0", "\ud800"));
        assertThatThrownBy(() -> ImageName.parse("web:" + "x".repeat(1 << 20)))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(400));
    }

    @Property
    void whatIsPrintedParsesToTheSame(@ForAll("names") ImageName name) {
        assertThat(ImageName.parse(name.toString())).isEqualTo(name);
    }

    @Property
    void anyTextParsesOrIsRefused(@ForAll String text) {
        ImageName.tryParse(text)
                .ifPresent(name -> assertThat(ImageName.parse(name.toString())).isEqualTo(name));
    }

    @Provide
    Arbitrary<ImageName> names() {
        Arbitrary<String> component =
                Arbitraries.strings().withChars("abz09").ofMinLength(1).ofMaxLength(8);
        Arbitrary<String> repository =
                component.list().ofMinSize(1).ofMaxSize(4).map(parts -> String.join("/", parts));
        Arbitrary<@Nullable String> registry =
                Arbitraries.of("localhost", "r.example", "R:5000", "[::1]").injectNull(0.5);
        Arbitrary<@Nullable String> tag = Arbitraries.strings()
                .withChars("aZ0_")
                .ofMinLength(1)
                .ofMaxLength(128)
                .injectNull(0.3);
        Arbitrary<@Nullable Digest> digest =
                Arbitraries.strings().ascii().map(Digest::of).injectNull(0.5);
        return Combinators.combine(registry, repository, tag, digest).as(ImageName::new);
    }
}
