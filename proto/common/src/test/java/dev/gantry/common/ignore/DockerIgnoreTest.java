package dev.gantry.common.ignore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DockerIgnoreTest {
    @Test
    void theLastMatchingLineDecides() {
        DockerIgnore ignore = DockerIgnore.parse("# comment\n*.md\n!README.md\n\n/target/\n**/*.tmp\n");

        assertThat(ignore.isIgnored("NOTES.md")).isTrue();
        assertThat(ignore.isIgnored("README.md")).isFalse();
        assertThat(ignore.isIgnored("docs/NOTES.md")).isFalse();
        assertThat(ignore.isIgnored("target")).isTrue();
        assertThat(ignore.isIgnored("target/deep/file")).isTrue();
        assertThat(ignore.isIgnored("a/b/c.tmp")).isTrue();
        assertThat(ignore.isIgnored("c.tmp")).isTrue();
        assertThat(ignore.hasExceptions()).isTrue();
    }

    @Test
    void anExceptionCanLieInAnIgnoredDirectory() {
        DockerIgnore ignore = DockerIgnore.parse("dir\n!dir/keep\n");

        assertThat(ignore.isIgnored("dir/other")).isTrue();
        assertThat(ignore.isIgnored("dir/keep")).isFalse();
        assertThat(ignore.isIgnored("dir/keep/file")).isFalse();
    }

    @Test
    void saysWhichLineIsWrong() {
        assertThatThrownBy(() -> DockerIgnore.parse("a\n[b\n")).hasMessageContaining(".dockerignore line 2:");
    }

    @Test
    void patternsAreRelativeToTheRoot() {
        DockerIgnore ignore = DockerIgnore.parse(String.join("\n", "# comment", "", "*.md", "/target", "a?c"));
        assertThat(ignore.isIgnored("README.md")).isTrue();
        assertThat(ignore.isIgnored("docs/README.md")).isFalse();
        assertThat(ignore.isIgnored("target/classes/A.class")).isTrue();
        assertThat(ignore.isIgnored("abc")).isTrue();
        assertThat(ignore.isIgnored("abbc")).isFalse();
    }

    @Test
    void starsCrossFoldersOnlyInPairs() {
        DockerIgnore ignore = DockerIgnore.parse(String.join("\n", "**/*.log", "x/*/z"));
        assertThat(ignore.isIgnored("a.log")).isTrue();
        assertThat(ignore.isIgnored("a/b/c.log")).isTrue();
        assertThat(ignore.isIgnored("x/y/z")).isTrue();
        assertThat(ignore.isIgnored("x/y/y/z")).isFalse();
    }

    @Test
    void aPatternBeneathAnExceptionCountsAgain() {
        DockerIgnore ignore = DockerIgnore.parse(String.join("\n", "docs", "!docs/keep.md", "docs/keep.md/no"));
        assertThat(ignore.isIgnored("docs/other")).isTrue();
        assertThat(ignore.isIgnored("docs/keep.md")).isFalse();
        assertThat(ignore.hasExceptions()).isTrue();
    }

    @Test
    void setsAndEscapes() {
        DockerIgnore ignore = DockerIgnore.parse(String.join("\n", "[ab].txt", "\\*x"));
        assertThat(ignore.isIgnored("a.txt")).isTrue();
        assertThat(ignore.isIgnored("c.txt")).isFalse();
        assertThat(ignore.isIgnored("*x")).isTrue();
        assertThat(ignore.isIgnored("yx")).isFalse();
    }
}
