package dev.gantry.agent.build;

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
}
