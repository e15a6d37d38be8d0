package dev.gantry.controlplane.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes who is a member of the quorum that this process' server is in. Each change is made by the members together, on top of the last one that they
 * agreed on; what was decided meanwhile is looked at again. Blocks. Safe for use by many threads.
 */
public final class Quorum {
    private static final Logger log = LoggerFactory.getLogger(Quorum.class);
    private static final CrashPoint CHANGED = CrashPoint.of("quorum.changed");
    private static final String VERSION = "version=";
    /** Of members that were written to a file and never agreed on. */
    private static final long UNAGREED = 0;

    private static final long ANY_VERSION = -1;
    private static final int SESSION_MILLIS = 4_000;
    private static final long PAUSE_MILLIS = 200;

    private final String connectString;
    private final Duration patience;

    /** @param connectString of this process' own server @param patience with one change, while members are not ready for it */
    public Quorum(String connectString, Duration patience) {
        this.connectString = requireNonNull(connectString, "connectString is null");
        this.patience = requireNonNull(patience, "patience is null");
    }

    /** Makes this server a member, with a vote if that makes their number odd; nothing when it is one. */
    public void add(QuorumMember self) throws IOException, InterruptedException {
        // what a server that has just joined says is what it was told when it asked to: none of the agreements
        retried(client -> {
            if (version(client.configuration()) == UNAGREED) {
                client.change(List.of(self.withVote(false).line()), List.of(), ANY_VERSION);
            }
        });
        change(members -> {
            List<QuorumMember> with = new ArrayList<>(members);
            if (members.stream().noneMatch(member -> member.id() == self.id())) {
                with.add(self.withVote(false));
            }
            return Votes.assign(with);
        });
    }

    /** Takes a member out; nothing when it is none. */
    public void remove(int id) throws IOException, InterruptedException {
        change(members -> {
            List<QuorumMember> without =
                    members.stream().filter(member -> member.id() != id).toList();
            return without.isEmpty() ? members : Votes.assign(without);
        });
    }

    /** Who they are now. */
    public List<QuorumMember> members() throws IOException, InterruptedException {
        try (Client client = connect()) {
            return QuorumMember.parseAll(client.configuration());
        } catch (KeeperException e) {
            throw failed(e);
        }
    }

    private void change(UnaryOperator<List<QuorumMember>> change) throws IOException, InterruptedException {
        retried(client -> {
            String configuration = client.configuration();
            List<QuorumMember> before = QuorumMember.parseAll(configuration);
            List<QuorumMember> after = change.apply(before);
            List<String> joining = after.stream()
                    .filter(member -> !before.contains(member))
                    .map(QuorumMember::line)
                    .toList();
            List<String> leaving = before.stream()
                    .filter(member -> after.stream().noneMatch(kept -> kept.id() == member.id()))
                    .map(member -> Integer.toString(member.id()))
                    .toList();
            if (!joining.isEmpty() || !leaving.isEmpty()) {
                client.change(joining, leaving, version(configuration));
                log.info("The members of the quorum are now {}", after);
            }
        });
    }

    private interface Work {
        void run(Client client) throws KeeperException, InterruptedException;
    }

    private void retried(Work work) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try (Client client = connect()) {
                work.run(client);
                // also when the answer to a change was lost, and it was found made
                CHANGED.reach();
                return;
            } catch (KeeperException e) {
                boolean passing = switch (e.code()) {
                    case BADVERSION,
                            RECONFIGINPROGRESS,
                            NEWCONFIGNOQUORUM,
                            CONNECTIONLOSS,
                            SESSIONEXPIRED,
                            OPERATIONTIMEOUT -> true;
                    default -> false;
                };
                if (!passing || System.nanoTime() - deadline > 0) {
                    throw failed(e);
                }
                log.info("The members of the quorum can't be changed yet ({}); trying again", e.code());
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        }
    }

    private static IOException failed(KeeperException e) {
        return new IOException("the members of the quorum could not be read or changed: " + e.getMessage(), e);
    }

    private static long version(String configuration) {
        return configuration
                .lines()
                .filter(line -> line.startsWith(VERSION))
                .map(line -> Long.parseLong(line.substring(VERSION.length()), 16))
                .findFirst()
                .orElse(UNAGREED);
    }

    private Client connect() throws IOException, InterruptedException {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeperAdmin admin = new ZooKeeperAdmin(
                connectString,
                SESSION_MILLIS,
                event -> {
                    if (Objects.equals(event.getState(), KeeperState.SyncConnected)) {
                        connected.countDown();
                    }
                },
                ZooKeeperLimits.clientConfig());
        admin.addAuthInfo(StoreCredential.SCHEME, QuorumAdministrator.authentication());
        if (!connected.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            admin.close(0);
            throw new IOException("the server of this control plane at %s has had no quorum for %s"
                    .formatted(connectString, patience));
        }
        return new Client(admin);
    }

    private record Client(ZooKeeperAdmin admin) implements AutoCloseable {
        String configuration() throws KeeperException, InterruptedException {
            return new String(admin.getConfig(false, new Stat()), UTF_8);
        }

        /** @param version that it must be on top of */
        void change(List<String> joining, List<String> leaving, long version)
                throws KeeperException, InterruptedException {
            admin.reconfigure(joining, leaving, null, version, new Stat());
        }

        @Override
        public void close() throws InterruptedException {
            admin.close();
        }
    }
}
