package dev.gantry.cli.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DockerIgnoreTest {
    @Test
    void patternsAreRelativeToTheRoot() {
        DockerIgnore ignore = new DockerIgnore(List.of("# comment", "", "*.md", "/target", "a?c"));
        assertThat(ignore.ignores("README.md")).isTrue();
        assertThat(ignore.ignores("docs/README.md")).isFalse();
        assertThat(ignore.ignores("target/classes/A.class")).isTrue();
        assertThat(ignore.ignores("abc")).isTrue();
        assertThat(ignore.ignores("abbc")).isFalse();
    }

    @Test
    void starsCrossFoldersOnlyInPairs() {
        DockerIgnore ignore = new DockerIgnore(List.of("**/*.log", "x/*/z"));
        assertThat(ignore.ignores("a.log")).isTrue();
        assertThat(ignore.ignores("a/b/c.log")).isTrue();
        assertThat(ignore.ignores("x/y/z")).isTrue();
        assertThat(ignore.ignores("x/y/y/z")).isFalse();
    }

    @Test
    void theLastMatchWins() {
        DockerIgnore ignore = new DockerIgnore(List.of("docs", "!docs/keep.md", "docs/keep.md/no"));
        assertThat(ignore.ignores("docs/other")).isTrue();
        assertThat(ignore.ignores("docs/keep.md")).isFalse();
        assertThat(ignore.mayTakeBack()).isTrue();
    }

    @Test
    void setsAndEscapes() {
        DockerIgnore ignore = new DockerIgnore(List.of("[ab].txt", "\\*x", "(c"));
        assertThat(ignore.ignores("a.txt")).isTrue();
        assertThat(ignore.ignores("c.txt")).isFalse();
        assertThat(ignore.ignores("*x")).isTrue();
        assertThat(ignore.ignores("yx")).isFalse();
        assertThat(ignore.ignores("(c")).isTrue();
    }
}
