package dev.gantry.controlplane.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.common.crash.ArmedCrash;
import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.crash.SimulatedCrash;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.process.ConfigurationException;
import dev.gantry.controlplane.identity.ClusterAuthority;
import dev.gantry.controlplane.store.InMemoryObjectStore;
import dev.gantry.controlplane.zookeeper.QuorumMember;
import dev.gantry.controlplane.zookeeper.StoreCredential;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A control plane dies while it joins: it joins again by the same token, as the same replica, and has what the others have. */
class ControlPlaneCrashTest {
    private static final ClusterShape SHAPE = new ClusterShape("10.1.0.0/16", "10.2.0.0/16", "30000-30100", "");
    private static final String OWN = "192.0.2.2:6443";

    @TempDir
    private Path folder;

    private final Clock clock = Clock.systemUTC();
    private final List<String> askedBy = new ArrayList<>();
    private SharedFiles first;
    private JoinToken token;

    @BeforeEach
    void aClusterOfOne() throws IOException {
        Path state = folder.resolve("first");
        ClusterAuthority authority = ClusterAuthority.openOrCreate(state, clock);
        StoreCredential.open(state.resolve("store.credential"));
        Files.writeString(state.resolve("store.keys"), "1 key\n");
        Files.setPosixFilePermissions(
                state.resolve("store.keys"), java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        first = new SharedFiles(state);
        token = JoinToken.generate(new SecureRandom(), authority.fingerprint());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "controlplane.join-begun",
                "controlplane.secrets-written",
                "quorum.members-written",
                "quorum.member-written",
                "controlplane.joined"
            })
    void aJoinThatWasCutOffIsMadeAgain(String point) throws IOException {
        try (ArmedCrash crash = CrashPoint.arm(point, 1)) {
            assertThatThrownBy(this::join).isInstanceOf(SimulatedCrash.class);
            assertThat(crash.crashed()).isTrue();
        }
        ControlPlaneJoin again = new ControlPlaneJoin(folder.resolve("second"), clock, this::answer);
        assertThat(again.joined().isPresent()).isEqualTo(point.equals("controlplane.joined"));
        assertThat(join()).isEqualTo(SHAPE);

        assertThat(again.joined()).contains(SHAPE);
        assertThat(askedBy).hasSizeLessThanOrEqualTo(2).allMatch(askedBy.getFirst()::equals);
        SharedFiles second = new SharedFiles(folder.resolve("second"));
        assertThat(second.secrets(clock)).isEqualTo(first.secrets(clock));
        assertThat(second.member().self()).isEqualTo(Members.at(2, OWN));
    }

    @Test
    void aHostWithAClusterOfItsOwnDoesNotJoin() throws IOException {
        ClusterAuthority.openOrCreate(folder.resolve("second"), clock);
        assertThatThrownBy(this::join)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("holds a cluster of its own");
        assertThat(askedBy).isEmpty();
    }

    @Test
    void aNumberThatWasClaimedBeforeTheEndIsClaimedOnce() {
        try (InMemoryObjectStore store = new InMemoryObjectStore()) {
            try (ArmedCrash crash = CrashPoint.arm("controlplane.claimed", 1)) {
                assertThatThrownBy(() -> new ControlPlanes(store).claim("a", "192.0.2.1:6443"))
                        .isInstanceOf(SimulatedCrash.class);
                assertThat(crash.crashed()).isTrue();
            }
            ControlPlanes members = new ControlPlanes(store);
            assertThat(members.claim("a", "192.0.2.1:6443").id()).isEqualTo(1);
            assertThat(members.claim("b", "192.0.2.2:6443").id()).isEqualTo(2);
            assertThat(members.claim("a", "192.0.2.9:6443").id()).isEqualTo(1);
            assertThat(members.addresses()).containsExactly("192.0.2.9:6443", "192.0.2.2:6443");
            members.remove(1);
            assertThat(members.claim("c", "192.0.2.3:6443").id()).isEqualTo(3);
        }
    }

    private ClusterShape join() throws IOException {
        return new ControlPlaneJoin(folder.resolve("second"), clock, this::answer).join("192.0.2.1:6443", token, OWN);
    }

    private JoinMessage.Answer answer(String at, JoinToken shown, JoinMessage.Request request) throws IOException {
        askedBy.add(request.replica());
        QuorumMember one = Members.at(1, at).withVote(true);
        return new JoinMessage.Answer(2, List.of(one.line()), first.secrets(clock), SHAPE);
    }
}
