package dev.gantry.controlplane.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.controlplane.store.Fence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class EpochLeadershipTest {
    private static final Duration SEVERAL_LOOKS = Duration.ofSeconds(2);

    private final FakeEpochs.Ensemble ensemble = new FakeEpochs.Ensemble();
    private final Set<String> refusing = ConcurrentHashMap.newKeySet();
    private final List<ControlPlane> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(each -> each.leadership.close());
    }

    @Test
    void nobodyLeadsBeforeItContends() {
        ControlPlane one = new ControlPlane("one");
        await().during(SEVERAL_LOOKS).until(() -> one.leadership.fence().isEmpty());
        one.contend();
        one.awaitLeading(1);
        assertThat(one.leadership.leaderAddresses()).containsExactly("one:6443");
        assertThat(one.heard).containsExactly("won 1");
    }

    @Test
    void aSuspendedConnectionPausesAtOnceAndEndsNothing() {
        ControlPlane one = new ControlPlane("one");
        one.contend();
        one.awaitLeading(1);
        one.epochs.suspend();
        assertThat(one.leadership.fence()).isEmpty();
        await().during(SEVERAL_LOOKS).until(() -> one.leadership.fence().isEmpty());
        one.epochs.reconnect();
        one.awaitLeading(1);
        assertThat(one.heard).containsExactly("won 1");
    }

    @Test
    void aLostSessionEndsTheReign() {
        ControlPlane one = new ControlPlane("one");
        one.contend();
        one.awaitLeading(1);
        one.epochs.lose();
        assertThat(one.leadership.fence()).isEmpty();
        await().until(() -> one.heard.contains("lost"));
        one.epochs.reconnect();
        // nobody else has come meanwhile: the last holder is itself
        one.awaitLeading(2);
        assertThat(one.heard).containsExactly("won 1", "lost", "won 2");
    }

    @Test
    void anEpochThatBeganWhileSuspendedEndsTheReign() {
        ControlPlane one = new ControlPlane("one");
        one.contend();
        one.awaitLeading(1);
        ControlPlane two = new ControlPlane("two");
        two.contend();
        one.epochs.suspend();
        ensemble.registered.remove("one");
        two.awaitLeading(2);
        one.epochs.reconnect();
        await().until(() -> one.heard.equals(List.of("won 1", "lost")));
        assertThat(one.leadership.fence()).isEmpty();
        assertThat(one.leadership.leaderAddresses()).containsExactly("two:6443");
        await().during(SEVERAL_LOOKS).until(() -> ensemble.holders().equals(List.of("one", "two")));
    }

    @Test
    void nobodyTakesOverWhileTheLeaderIsRegisteredAndDoesNotRefuse() {
        ControlPlane one = new ControlPlane("one");
        one.contend();
        one.awaitLeading(1);
        ControlPlane two = new ControlPlane("two");
        two.contend();
        await().during(SEVERAL_LOOKS).until(() -> ensemble.holders().equals(List.of("one")));
        assertThat(two.leadership.leaderAddresses()).containsExactly("one:6443");
    }

    @Test
    void aLeaderWhoseSessionHasEndedIsFollowed() {
        ControlPlane one = new ControlPlane("one");
        one.contend();
        one.awaitLeading(1);
        ControlPlane two = new ControlPlane("two");
        two.contend();
        one.epochs.lose();
        two.awaitLeading(2);
    }

    /** Its session lives on, and it listens still: it may take a while to end. */
    @Test
    void aLeaderThatStopsIsFollowedThoughItIsStillThere() {
        ControlPlane one = new ControlPlane("one");
        one.contend();
        one.awaitLeading(1);
        ControlPlane two = new ControlPlane("two");
        two.contend();
        one.leadership.close();
        two.awaitLeading(3);
        assertThat(ensemble.registered).contains("one");
        assertThat(one.heard).containsExactly("won 1", "lost");
    }

    /** Nothing listens where it was: its process is gone, though its session has not run out. */
    @Test
    void aLeaderThatRefusesConnectionsOnAllAddressesIsFollowedAtOnce() {
        ensemble.registered.add("dead");
        ensemble.begin(ensemble.current(), new LeaderRecord("dead", List.of("dead:1", "dead:2")).encode());
        refusing.add("dead:1");
        ControlPlane two = new ControlPlane("two");
        two.contend();
        await().during(SEVERAL_LOOKS).until(() -> two.leadership.fence().isEmpty());
        refusing.add("dead:2");
        two.awaitLeading(2);
    }

    @Test
    void aLeaderThatHasNoAddressIsNotTakenForDead() {
        ensemble.registered.add("later");
        ensemble.begin(ensemble.current(), new LeaderRecord("later", List.of()).encode());
        ControlPlane two = new ControlPlane("two");
        two.contend();
        await().during(SEVERAL_LOOKS).until(() -> two.leadership.fence().isEmpty());
        ensemble.registered.remove("later");
        two.awaitLeading(2);
    }

    /** The lock of the state directory says that the process before this one is dead, whatever its session says. */
    @Test
    void itsOwnPredecessorIsFollowedAtOnce() {
        ensemble.begin(ensemble.current(), new LeaderRecord("one", List.of("one:6443")).encode());
        ControlPlane one = new ControlPlane("one");
        one.contend();
        one.awaitLeading(2);
        assertThat(one.heard).containsExactly("won 2");
    }

    @Test
    void nothingIsLedBeforeTheBarrier() {
        ControlPlane one = new ControlPlane("one");
        one.epochs.failBarriers(true);
        one.contend();
        await().until(() -> ensemble.holders().equals(List.of("one")));
        await().during(SEVERAL_LOOKS)
                .until(() -> one.heard.isEmpty() && one.leadership.fence().isEmpty());
        one.epochs.failBarriers(false);
        one.awaitLeading(1);
        assertThat(ensemble.holders()).containsExactly("one");
    }

    @Test
    void partsAreToldInOrderAndInReverseAndLateOnesAtOnce() {
        ControlPlane one = new ControlPlane("one");
        one.contend();
        one.awaitLeading(1);
        one.leadership.register(new Recorder("second", one.heard));
        await().until(() -> one.heard.contains("second won 1"));
        one.epochs.lose();
        await().until(() -> one.heard.contains("lost"));
        assertThat(one.heard).containsExactly("won 1", "second won 1", "second lost", "lost");
    }

    @Test
    void closingGivesTheRoleUp() {
        ControlPlane one = new ControlPlane("one");
        one.contend();
        one.awaitLeading(1);
        one.leadership.close();
        assertThat(one.heard).containsExactly("won 1", "lost");
        assertThat(one.leadership.fence()).isEmpty();
    }

    /** Connections come and go; at no time do two hold the fence of the epoch that is now, and every epoch is won by one. */
    @Test
    void ofContendersOneHoldsTheEpochAtATime() {
        List<ControlPlane> all = List.of(new ControlPlane("one"), new ControlPlane("two"), new ControlPlane("three"));
        all.forEach(ControlPlane::contend);
        Random random = new Random(7);
        for (int i = 0; i < 30; i++) {
            long before = ensemble.current().number();
            await().until(() -> leading(all).size() == 1);
            ControlPlane leader = leading(all).getFirst();
            if (random.nextBoolean()) {
                leader.epochs.suspend();
                ensemble.registered.remove(leader.name);
            } else {
                leader.epochs.lose();
            }
            assertThat(leader.leadership.fence()).isEmpty();
            await().until(() -> ensemble.current().number() > before);
            leader.epochs.reconnect();
        }
        await().until(() -> leading(all).size() == 1);
        List<String> won = all.stream()
                .flatMap(each -> each.heard.stream().filter(word -> word.startsWith("won")))
                .toList();
        assertThat(won).doesNotHaveDuplicates();
        assertThat(ensemble.holders()).hasSizeGreaterThanOrEqualTo(won.size());
        for (ControlPlane each : all) {
            for (int i = 0; i < each.heard.size(); i++) {
                assertThat(each.heard.get(i)).matches(i % 2 == 0 ? "won .*" : "lost");
            }
        }
    }

    private List<ControlPlane> leading(List<ControlPlane> all) {
        Fence now = ensemble.current().fence();
        return all.stream()
                .filter(each -> each.leadership.fence().filter(now::equals).isPresent())
                .toList();
    }

    private final class ControlPlane {
        private final String name;
        private final FakeEpochs epochs;
        private final EpochLeadership leadership;
        private final List<String> heard = new CopyOnWriteArrayList<>();

        ControlPlane(String name) {
            this.name = name;
            this.epochs = new FakeEpochs(ensemble, name);
            this.leadership = new EpochLeadership(epochs, name, refusing::contains);
            leadership.register(new Recorder("", heard));
            leadership.start();
            opened.add(this);
        }

        void contend() {
            leadership.contend(List.of(name + ":6443"));
        }

        void awaitLeading(long epoch) {
            await().until(() -> leadership.fence().equals(java.util.Optional.of(new Fence(epoch))));
        }
    }

    private record Recorder(String name, List<String> heard) implements Leadership.Term.Part {
        @Override
        public void won(Leadership.Term term) {
            heard.add((name + " won " + term.fence().epoch()).strip());
        }

        @Override
        public void lost() {
            heard.add((name + " lost").strip());
        }
    }
}
