package dev.gantry.agent.session;

import dev.gantry.common.identity.AuthorityTrust;
import dev.gantry.common.identity.ClientTls;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** Opens channels to control planes: TLS, the cluster's authority alone is trusted, and the node's certificate is shown once it has one. */
final class ControlPlaneChannels {
    private static final int MESSAGE_BYTES = 16 * 1024 * 1024;

    private volatile SslContext tls;
    private volatile @Nullable SSLContext plain;

    private ControlPlaneChannels(SslContext tls, @Nullable SSLContext plain) {
        this.tls = tls;
        this.plain = plain;
    }

    static ControlPlaneChannels of(NodeIdentity identity) {
        return new ControlPlaneChannels(tlsOf(identity), plainOf(identity));
    }

    /** Channels that are opened from now on show this identity's certificate. */
    void show(NodeIdentity identity) {
        tls = tlsOf(identity);
        plain = plainOf(identity);
    }

    /** The same for the JDK's own client; another one after {@link #show}. @throws IllegalStateException while no certificate is shown */
    SSLContext plainTls() {
        SSLContext context = plain;
        if (context == null) {
            throw new IllegalStateException("this host has no certificate to show yet");
        }
        return context;
    }

    /** For joining: no certificate is shown. */
    static ControlPlaneChannels pinned(String authorityFingerprint) {
        return new ControlPlaneChannels(tls(AuthorityTrust.pinned(authorityFingerprint), null, List.of()), null);
    }

    /**
     * @param address host:port, an IPv6 address in brackets
     * @throws IllegalArgumentException when it is not
     */
    ManagedChannel open(String address) {
        int colon = address.lastIndexOf(':');
        if (colon <= 0 || !address.substring(colon + 1).matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException(
                    "expected a control plane's address as host:port, such as 10.0.0.1:6443, not " + address);
        }
        String host = address.substring(0, colon).replaceAll("^\\[|]$", "");
        return NettyChannelBuilder.forAddress(host, Integer.parseInt(address.substring(colon + 1)))
                .sslContext(tls)
                .maxInboundMessageSize(MESSAGE_BYTES)
                .build();
    }

    private static SSLContext plainOf(NodeIdentity identity) {
        return ClientTls.context(identity.key(), identity.chain(), identity.authority());
    }

    private static SslContext tlsOf(NodeIdentity identity) {
        return tls(AuthorityTrust.of(identity.authority()), identity.key(), identity.chain());
    }

    private static SslContext tls(TrustManager trust, @Nullable PrivateKey key, List<X509Certificate> chain) {
        try {
            SslContextBuilder builder = GrpcSslContexts.forClient().trustManager(trust);
            if (key != null) {
                builder.keyManager(key, chain.toArray(X509Certificate[]::new));
            }
            return builder.build();
        } catch (SSLException e) {
            throw new IllegalStateException("this JVM can't speak TLS as control planes do", e);
        }
    }
}
