package dev.gantry.controlplane.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ExternalEnsembleTest {
    private static final InetSocketAddress MEMBER = InetSocketAddress.createUnresolved("zk1", 2181);

    @Test
    void takesAList() {
        assertThat(ExternalEnsemble.parse("zk1:2181, 10.0.0.2:2181").connectString())
                .isEqualTo("zk1:2181,10.0.0.2:2181");
    }

    @Test
    void namesAllBadMembersAtOnce() {
        assertThatThrownBy(() -> ExternalEnsemble.parse("zk1,zk2:2181,zk3:99999"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'zk1'")
                .hasMessageContaining("'zk3:99999'")
                .hasMessageNotContaining("'zk2:2181',");
    }

    @Test
    void saysThatNobodyAnswers() {
        assertThatThrownBy(() -> ExternalEnsemble.parse("127.0.0.1:1").checkMembers())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("127.0.0.1:1")
                .hasMessageContaining("--zookeeper");
    }

    @ParameterizedTest
    @ValueSource(strings = {"3.4.14", "3.8.4", "3.9.1"})
    void refusesOldVersions(String version) {
        assertThat(ExternalEnsemble.versionProblem(MEMBER, "Zookeeper version: %s-abc, built on".formatted(version)))
                .hasValueSatisfying(
                        problem -> assertThat(problem).contains(version).contains("3.9.2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"3.9.2", "3.9.5", "3.10.0", "4.0.0"})
    void takesNewVersions(String version) {
        assertThat(ExternalEnsemble.versionProblem(MEMBER, "Zookeeper version: %s-abc, built on".formatted(version)))
                .isEmpty();
    }

    @Test
    void aMemberThatDoesNotTellIsProbedLater() {
        assertThat(ExternalEnsemble.versionProblem(MEMBER, "srvr is not executed because it is not in the whitelist."))
                .isEmpty();
    }
}
