package dev.gantry.controlplane.membership;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.common.identity.Keys;
import dev.gantry.common.process.ConfigurationException;
import dev.gantry.controlplane.coordination.StoreService;
import dev.gantry.controlplane.http.Authorizer;
import dev.gantry.controlplane.http.Request;
import dev.gantry.controlplane.http.Response;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.identity.JoinRefusedException;
import dev.gantry.controlplane.identity.JoinTokens;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.zookeeper.MemberFiles;
import dev.gantry.controlplane.zookeeper.Quorum;
import dev.gantry.controlplane.zookeeper.QuorumMember;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This control plane among the others. It takes its place when it starts, and lets others join: any control plane of the cluster can. Safe for use by
 * many threads.
 */
public final class Membership {
    private static final Logger log = LoggerFactory.getLogger(Membership.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_BODY = 64 * 1024;
    private static final Duration QUORUM_PATIENCE = Duration.ofSeconds(60);
    private static final String REPLICA = "[A-Za-z0-9-]{1,64}";

    private final SharedFiles files;
    private final StoreService store;
    private final JoinTokens tokens;
    private final ControlPlanes others;
    private final ControlPlanes.Member self;
    private final ClusterShape shape;
    private final Clock clock;
    private final Runnable restart;
    private final ReentrantLock joining = new ReentrantLock();

    private Membership(
            SharedFiles files,
            StoreService store,
            JoinTokens tokens,
            ControlPlanes.Member self,
            ClusterShape shape,
            Clock clock,
            Runnable restart) {
        this.files = files;
        this.store = store;
        this.tokens = requireNonNull(tokens, "tokens is null");
        this.others = new ControlPlanes(store.objects());
        this.self = self;
        this.shape = requireNonNull(shape, "shape is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.restart = requireNonNull(restart, "restart is null");
    }

    /**
     * Takes this control plane's place: its record, and its membership of the quorum when it has joined one.
     *
     * @param address host:port, where others reach this one
     * @param restart ends the process so that its supervisor starts it again: a server that stood alone becomes a member at its next start
     * @throws IOException when the members of the quorum do not agree in time: later they may
     */
    public static Membership take(
            Path state,
            StoreService store,
            JoinTokens tokens,
            String address,
            ClusterShape shape,
            Clock clock,
            Runnable restart)
            throws IOException {
        SharedFiles files = new SharedFiles(state);
        if (files.member().exist()
                && new ControlPlanes(store.objects()).find(files.replica()).isEmpty()) {
            throw new ConfigurationException(
                    "this control plane was removed from its cluster: 'gantry down --purge' removes what it has, then it may join again");
        }
        ControlPlanes.Member self = new ControlPlanes(store.objects()).claim(files.replica(), address);
        if (files.member().exist()) {
            try {
                quorum(store).add(files.member().self());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while joining the quorum", e);
            }
        }
        return new Membership(files, store, tokens, self, shape, clock, restart);
    }

    /** host:port of every control plane, as other hosts dial it. */
    public List<String> addresses() {
        return others.addresses();
    }

    /** host:port of every control plane but this one. */
    public List<String> otherAddresses() {
        return others.list().stream()
                .filter(member -> member.id() != self.id())
                .map(ControlPlanes.Member::address)
                .toList();
    }

    /** Where others ask to join, and where administrators see who has. Before the routes of the generic API. */
    public void addTo(Routes routes, Authorizer authorizer) {
        routes.post(JoinMessage.PATH, this::join);
        new ControlPlaneRoutes(others, store.leadership()::leaderAddresses, authorizer, this::remove).addTo(routes);
    }

    private void remove(int id) throws IOException, InterruptedException {
        if (id == self.id()) {
            throw new ApiException(
                    409, "Conflict", "this control plane does not remove itself: ask another one, once it is stopped");
        }
        if (files.member().exist()) {
            quorum(store).remove(id);
        }
    }

    /** To be open to hosts without a certificate. */
    public static String joinPath() {
        return JoinMessage.PATH;
    }

    private Response join(Request request) throws Exception {
        JoinMessage.Request asked = read(request.readBody(LONGEST_BODY));
        try {
            tokens.redeem(
                    JoinTokens.Role.CONTROL_PLANE,
                    asked.tokenId(),
                    asked.tokenSecret(),
                    asked.replica(),
                    Keys.sha256(asked.replica().getBytes(UTF_8)),
                    null);
        } catch (JoinRefusedException e) {
            throw new ApiException(403, "Forbidden", String.valueOf(e.getMessage()));
        }
        joining.lock();
        try {
            return admit(asked);
        } finally {
            joining.unlock();
        }
    }

    private Response admit(JoinMessage.Request asked) throws IOException, InterruptedException {
        boolean embedded = shape.zookeeper().isEmpty();
        if (embedded && InetAddress.getByName(host(self.address())).isLoopbackAddress()) {
            throw new ApiException(
                    409,
                    "Conflict",
                    "this control plane is known as %s, which no other host reaches: start it with 'gantry up --advertise ADDRESS' first"
                            .formatted(self.address()));
        }
        ControlPlanes.Member member = others.claim(asked.replica(), asked.address());
        List<QuorumMember> members = List.of();
        boolean alone = embedded && !files.member().exist();
        if (alone) {
            members = List.of(standalone());
        } else if (embedded) {
            members = quorum(store).members().stream()
                    .filter(other -> other.id() != member.id())
                    .toList();
        }
        JoinMessage.Answer answer = new JoinMessage.Answer(
                member.id(), members.stream().map(QuorumMember::line).toList(), files.secrets(clock), shape);
        log.info("Control plane {} at {} joins", member.id(), member.address());
        if (alone) {
            MemberFiles own = files.member();
            own.identify(files.quorumAuthority(clock), self.id());
            own.write(standalone(), members);
            log.info("This control plane's server becomes a member of a quorum; the process is started again for it");
            restart.run();
        }
        return Response.json(200, JSON.writeValueAsBytes(answer)).withHeader("cache-control", "no-store");
    }

    private QuorumMember standalone() {
        return Members.at(self.id(), self.address()).withVote(true);
    }

    private static JoinMessage.Request read(byte[] body) throws IOException {
        try {
            JoinMessage.Request asked = JSON.readValue(body, JoinMessage.Request.class);
            if (asked.tokenId() == null
                    || asked.tokenSecret() == null
                    || asked.replica() == null
                    || !asked.replica().matches(REPLICA)
                    || asked.address() == null
                    || asked.address().lastIndexOf(':') < 1) {
                throw ApiException.badRequest(
                        "expected tokenId, tokenSecret, replica and address (host:port) of the control plane that joins");
            }
            return asked;
        } catch (JsonProcessingException e) {
            throw ApiException.badRequest("the body is no request to join: " + e.getOriginalMessage());
        }
    }

    private static String host(String address) {
        return address.substring(0, address.lastIndexOf(':'));
    }

    private static Quorum quorum(StoreService store) {
        return new Quorum(
                store.serverConnectString()
                        .orElseThrow(() -> new IllegalStateException("a member of a quorum has a server of its own")),
                QUORUM_PATIENCE);
    }
}
