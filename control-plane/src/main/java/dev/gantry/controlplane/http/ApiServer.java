package dev.gantry.controlplane.http;

import static java.util.Objects.requireNonNull;

import com.linecorp.armeria.common.Flags;
import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.common.TlsProvider;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.common.util.BlockingTaskExecutor;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerListener;
import com.linecorp.armeria.server.ServerPort;
import com.linecorp.armeria.server.ServerTlsConfig;
import com.linecorp.armeria.server.grpc.GrpcService;
import dev.gantry.controlplane.resource.ApiException;
import io.grpc.BindableService;
import io.netty.handler.ssl.ClientAuth;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The control plane's one TLS port: routes, gRPC services and WebSockets. Start once; {@link #close} ends streams in order, then connections. */
public final class ApiServer implements AutoCloseable {
    /** Between telling clients that a connection ends and ending it: what they had sent by then is answered. */
    private static final Duration DRAIN = Duration.ofMillis(200);

    /** How long nothing must be under way until a stop goes on. */
    private static final Duration QUIET_BEFORE_STOP = Duration.ofMillis(200);

    /** How long a stop waits for answers that are under way; a stream whose client has not closed its end counts as one. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);

    private final Server server;

    private ApiServer(Server server) {
        this.server = server;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Returns when the port is open. @throws IllegalStateException naming the addresses when it is in use or may not be bound */
    public ApiServer start() {
        try {
            server.start().join();
            return this;
        } catch (CompletionException e) {
            throw new IllegalStateException(
                    "could not open %s: %s".formatted(server.config().ports(), e.getCause()), e.getCause());
        }
    }

    /** The addresses that are open, with the ports that were chosen for port 0. */
    public List<InetSocketAddress> addresses() {
        return server.activePorts().values().stream()
                .map(ServerPort::localAddress)
                .toList();
    }

    @Override
    public void close() {
        server.stop().join();
    }

    /** What the server is made of. */
    public static final class Builder {
        private final List<InetSocketAddress> addresses = new ArrayList<>();
        private final List<BindableService> grpcServices = new ArrayList<>();
        private final List<Runnable> stopping = new ArrayList<>();
        private final Set<String> openPaths = new HashSet<>();
        private final Map<String, Function<ApiException, byte[]>> refusalBodies = new HashMap<>();
        private Routes routes = new Routes();
        private Authenticator authenticator = new CertificateAuthenticator();
        private Authorizer authorizer = new BuiltInRoles();
        private ServerLimits limits = ServerLimits.DEFAULTS;
        private @Nullable TlsMaterial tls;

        private Builder() {}

        /** May be called several times. Port 0 picks a free one. */
        public Builder address(InetSocketAddress address) {
            addresses.add(requireNonNull(address, "address is null"));
            return this;
        }

        public Builder tls(TlsMaterial material) {
            tls = requireNonNull(material, "material is null");
            return this;
        }

        public Builder routes(Routes newRoutes) {
            routes = requireNonNull(newRoutes, "newRoutes is null");
            return this;
        }

        /** Its methods run on virtual threads and may block; {@link RequestUser#current} tells who calls. */
        public Builder grpc(BindableService service) {
            grpcServices.add(requireNonNull(service, "service is null"));
            return this;
        }

        /** Client certificates by default. */
        public Builder authenticator(Authenticator newAuthenticator) {
            authenticator = requireNonNull(newAuthenticator, "newAuthenticator is null");
            return this;
        }

        /** The built-in roles by default. Asked here for gRPC calls; handlers ask for themselves. */
        public Builder authorizer(Authorizer newAuthorizer) {
            authorizer = requireNonNull(newAuthorizer, "newAuthorizer is null");
            return this;
        }

        /** A path that needs no credentials: a health check, or a call that carries a secret of its own. */
        public Builder openPath(String path) {
            openPaths.add(requireNonNull(path, "path is null"));
            return this;
        }

        /** How those who are not let in are told beneath a path that has words of its own; Kubernetes' Status elsewhere. JSON. */
        public Builder refusalBody(String pathPrefix, Function<ApiException, byte[]> body) {
            refusalBodies.put(requireNonNull(pathPrefix, "pathPrefix is null"), requireNonNull(body, "body is null"));
            return this;
        }

        public Builder limits(ServerLimits newLimits) {
            limits = requireNonNull(newLimits, "newLimits is null");
            return this;
        }

        /** Runs when the server begins to stop, before connections are closed: the place to end gRPC streams. */
        public Builder onStopping(Runnable action) {
            stopping.add(requireNonNull(action, "action is null"));
            return this;
        }

        public ApiServer build() {
            VirtualThreadExecutor threads = new VirtualThreadExecutor();
            RootService root = new RootService(routes, threads, limits);
            ServerBuilder server = Server.builder();
            addresses.forEach(server::https);
            configureTls(server, requireNonNull(tls, "tls is null"));
            configureLimits(server);
            server.workerGroup(new PromptEventLoops(Flags.numCommonWorkers(), "http-worker"), true);
            server.bossGroupFactory(name -> new PromptEventLoops(1, name));
            server.blockingTaskExecutor(BlockingTaskExecutor.of(threads), true);
            if (!grpcServices.isEmpty()) {
                server.service(grpc(), Builder::asStream);
            }
            server.serviceUnder("/", root);
            server.decorator(new Gate(authenticator, authorizer, openPaths, refusalBodies));
            server.serverListener(ServerListener.builder()
                    .whenStopping(stopped -> {
                        stopping.forEach(Runnable::run);
                        root.stopStreams();
                    })
                    .build());
            return new ApiServer(server.build());
        }

        private static void configureTls(ServerBuilder server, TlsMaterial material) {
            TlsProvider provider = TlsProvider.builder()
                    .keyPair(TlsKeyPair.of(material.key(), material.chain()))
                    .trustedCertificates(material.clientAuthorities())
                    .build();
            server.tlsProvider(
                    provider,
                    // a client without a certificate may have a token: the gate decides
                    ServerTlsConfig.builder().clientAuth(ClientAuth.OPTIONAL).build());
        }

        private void configureLimits(ServerBuilder server) {
            server.maxNumConnections(limits.connections())
                    .requestTimeout(limits.requestTimeout())
                    // handlers bound what they read, and streams have no length
                    .maxRequestLength(0)
                    .idleTimeout(limits.idleTimeout())
                    .pingInterval(limits.pingInterval())
                    .http1MaxInitialLineLength(limits.headerBytes())
                    .http1MaxHeaderSize(limits.headerBytes())
                    .http2MaxHeaderListSize(limits.headerBytes())
                    .http2MaxStreamsPerConnection(limits.streamsPerConnection())
                    .http2MaxResetFramesPerWindow(limits.resetFramesPerMinute(), 60)
                    .connectionDrainDuration(DRAIN)
                    .gracefulShutdownTimeout(QUIET_BEFORE_STOP, STOP_PATIENCE);
        }

        private GrpcService grpc() {
            return GrpcService.builder()
                    .addServices(grpcServices)
                    // the defaults speak JSON, too, and generate classes for every message at each start
                    .supportedSerializationFormats(GrpcSerializationFormats.PROTO)
                    .maxRequestMessageLength(limits.grpcMessageBytes())
                    .useBlockingTaskExecutor(true)
                    .build();
        }

        /** A gRPC stream lasts as long as both ends want it to. */
        private static HttpService asStream(HttpService service) {
            return service.decorate((next, context, request) -> {
                context.clearRequestTimeout();
                return next.serve(context, request);
            });
        }
    }
}
