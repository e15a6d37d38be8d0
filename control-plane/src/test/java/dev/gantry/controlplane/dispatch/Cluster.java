package dev.gantry.controlplane.dispatch;

import static dev.gantry.controlplane.resource.Resources.NAMESPACES;
import static dev.gantry.controlplane.resource.Resources.PODS;

import dev.gantry.common.identity.AuthorityTrust;
import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.ClientTls;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.common.identity.Keys;
import dev.gantry.controlplane.http.ApiServer;
import dev.gantry.controlplane.http.BuiltInRoles;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.http.TlsMaterial;
import dev.gantry.controlplane.identity.ClusterAuthority;
import dev.gantry.controlplane.identity.JoinTokenRoutes;
import dev.gantry.controlplane.identity.JoinTokens;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.TypedObjects;
import dev.gantry.controlplane.resource.kind.BuiltInKinds;
import dev.gantry.controlplane.store.InMemoryObjectStore;
import dev.gantry.controlplane.stream.LeaderTickets;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** A control plane on loopback with a store in memory: real TLS, real gRPC, real admission. Namespace {@code default} exists. */
final class Cluster implements AutoCloseable {
    static final String ID = "cluster-1";

    final InMemoryObjectStore store = new InMemoryObjectStore();
    final ClusterAuthority authority =
            new ClusterAuthority(CertificateAuthority.create("gantry", Duration.ofDays(1), Clock.systemUTC()));
    final JoinTokens tokens = new JoinTokens(store, authority.fingerprint(), Clock.systemUTC(), new SecureRandom());
    final ClusterObjects objects = new TypedObjects(new ResourceEngine(
            BuiltInKinds.table(BuiltInKinds.Settings.DEFAULTS, new Random(1)),
            store,
            Clock.systemUTC(),
            new Random(2)));
    final FixedLeadership leadership = new FixedLeadership();
    final Dispatch dispatch;
    private final ApiServer server;
    private final List<ManagedChannel> channels = new ArrayList<>();

    Cluster() {
        LeaderTickets tickets = new LeaderTickets(leadership::leaderAddresses, peers());
        dispatch = new Dispatch(
                leadership, objects, authority, tokens, settings(), "replica:6443", tickets, Clock.systemUTC());
        leadership.register(dispatch);
        Routes routes = new Routes();
        JoinTokenRoutes.register(routes, tokens, new BuiltInRoles(), () -> List.of("192.0.2.1:6443"));
        tickets.addTo(routes, dispatch);
        ClusterAuthority.KeyMaterial tls = authority.server(List.of("127.0.0.1", "localhost"));
        ApiServer.Builder builder = ApiServer.builder()
                .address(new InetSocketAddress("127.0.0.1", 0))
                .tls(new TlsMaterial(tls.key(), tls.chain(), List.of(authority.certificate())))
                .routes(routes)
                .openPath(Dispatch.joinPath());
        dispatch.services().forEach(builder::grpc);
        server = builder.build().start();
        leadership.win(store.fence());
        if (objects.get(NAMESPACES, null, "default").isEmpty()) {
            objects.create(
                    NAMESPACES,
                    new NamespaceBuilder()
                            .withNewMetadata()
                            .withName("default")
                            .endMetadata()
                            .build(),
                    store.fence());
        }
    }

    private static ClusterSettings settings() {
        return new ClusterSettings(
                ID,
                "10.244.0.0/16",
                "10.96.0.0/16",
                "10.96.0.10",
                "cluster.local",
                30_000,
                32_767,
                () -> List.of("127.0.0.1:6443"));
    }

    private SSLContext peers() {
        ClusterAuthority.KeyMaterial self = authority.controlPlaneClient();
        return ClientTls.context(self.key(), self.chain(), authority.certificate());
    }

    /** Of another control plane on the same store, which does not lead. */
    Dispatch follower(String address) {
        FixedLeadership following = new FixedLeadership();
        following.lose(List.of("127.0.0.1:" + port()));
        return new Dispatch(
                following,
                objects,
                authority,
                tokens,
                settings(),
                address,
                new LeaderTickets(following::leaderAddresses, peers()),
                Clock.systemUTC());
    }

    /** What a node shows to others than its session. */
    SSLContext tlsOf(String nodeName) {
        KeyPair keys = Keys.generate();
        return ClientTls.context(
                keys.getPrivate(), List.of(authority.node(nodeName, keys.getPublic())), authority.certificate());
    }

    int port() {
        return server.addresses().getFirst().getPort();
    }

    JoinToken token() {
        return tokens.create(JoinTokens.Role.NODE, Duration.ofHours(1), 10).token();
    }

    /** A channel with a node's certificate, as this cluster's authority signs it. */
    ManagedChannel channelOf(String nodeName) {
        KeyPair keys = Keys.generate();
        return channel(
                AuthorityTrust.of(authority.certificate()),
                keys.getPrivate(),
                authority.node(nodeName, keys.getPublic()));
    }

    ManagedChannel channel(
            X509ExtendedTrustManager trust, @Nullable PrivateKey key, @Nullable X509Certificate certificate) {
        try {
            SslContextBuilder tls = GrpcSslContexts.forClient().trustManager(trust);
            if (key != null) {
                tls.keyManager(key, certificate);
            }
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port())
                    .sslContext(tls.build())
                    .build();
            channels.add(channel);
            return channel;
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A pod bound to a node. */
    Pod pod(String name, String nodeName) {
        return objects.create(PODS, podBuilder(name, nodeName).build(), store.fence());
    }

    static PodBuilder podBuilder(String name, String nodeName) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withNodeName(nodeName)
                .addNewContainer()
                .withName("main")
                .withImage("web@sha256:" + "ab".repeat(32))
                .endContainer()
                .endSpec();
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        dispatch.close();
        server.close();
        store.close();
    }
}
