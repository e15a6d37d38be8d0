package dev.gantry.controlplane.membership;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.common.identity.AuthorityTrust;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.process.ConfigurationException;
import dev.gantry.controlplane.zookeeper.QuorumMember;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * Makes a state directory that of a further control plane of a cluster. Cut short at any point it is done again with the same token: the other end knows
 * the replica by the name that it keeps.
 */
public final class ControlPlaneJoin {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int REFUSED = 403;
    private static final int OK = 200;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SharedFiles files;
    private final Clock clock;
    private final Question question;

    /** Asks a control plane of the cluster. */
    interface Question {
        JoinMessage.Answer ask(String at, JoinToken token, JoinMessage.Request request) throws IOException;
    }

    public ControlPlaneJoin(Path state, Clock clock) {
        this(state, clock, ControlPlaneJoin::ask);
    }

    ControlPlaneJoin(Path state, Clock clock, Question question) {
        this.files = new SharedFiles(state);
        this.clock = requireNonNull(clock, "clock is null");
        this.question = requireNonNull(question, "question is null");
    }

    /** The shape of the cluster that this control plane has joined; empty when it has joined none. */
    public Optional<ClusterShape> joined() throws IOException {
        return files.shape();
    }

    /**
     * Joins.
     *
     * @param at host:port of a control plane of the cluster
     * @param own host:port, where this one will answer
     * @throws ConfigurationException when it is refused, or this host has a cluster of its own
     * @throws IOException when nothing answers there: later it may
     */
    public ClusterShape join(String at, JoinToken token, String own) throws IOException {
        files.begin();
        JoinMessage.Answer answer =
                question.ask(at, token, new JoinMessage.Request(token.id(), token.secret(), files.replica(), own));
        files.take(answer.secrets());
        if (answer.shape().zookeeper().isEmpty()) {
            QuorumMember self = Members.at(answer.id(), own);
            List<QuorumMember> members = new ArrayList<>();
            answer.members().forEach(line -> members.add(QuorumMember.parse(line)));
            files.member().identify(files.quorumAuthority(clock), answer.id());
            files.member().write(self, members);
        }
        files.joined(answer.shape());
        return answer.shape();
    }

    private static JoinMessage.Answer ask(String at, JoinToken token, JoinMessage.Request request) throws IOException {
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(pinned(token.authorityFingerprint()))
                .connectTimeout(PATIENCE)
                .build()) {
            HttpResponse<byte[]> response = client.send(
                    HttpRequest.newBuilder(URI.create("https://" + at + JoinMessage.PATH))
                            .timeout(PATIENCE)
                            .header("content-type", "application/json")
                            .POST(BodyPublishers.ofByteArray(JSON.writeValueAsBytes(request)))
                            .build(),
                    BodyHandlers.ofByteArray());
            if (response.statusCode() == OK) {
                return JSON.readValue(response.body(), JoinMessage.Answer.class);
            }
            String why = JSON.readTree(response.body()).path("message").asText("HTTP " + response.statusCode());
            String message = "the control plane at %s does not let this one join: %s".formatted(at, why);
            throw response.statusCode() / 100 == REFUSED / 100
                    ? new ConfigurationException(message)
                    : new IOException(message);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while joining at " + at, e);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("--join %s: expected HOST:PORT of a control plane".formatted(at), e);
        }
    }

    private static SSLContext pinned(String fingerprint) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {AuthorityTrust.pinned(fingerprint)}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("this JVM can't verify the control plane: " + e.getMessage(), e);
        }
    }
}
