package dev.gantry.controlplane;

import dev.gantry.common.identity.ClientTls;
import dev.gantry.controlplane.api.KubernetesApi;
import dev.gantry.controlplane.controller.ControllerSettings;
import dev.gantry.controlplane.controller.Controllers;
import dev.gantry.controlplane.controller.runtime.WatchedKinds;
import dev.gantry.controlplane.coordination.StoreConfig;
import dev.gantry.controlplane.coordination.StoreService;
import dev.gantry.controlplane.dispatch.ClusterSettings;
import dev.gantry.controlplane.dispatch.Dispatch;
import dev.gantry.controlplane.http.ApiServer;
import dev.gantry.controlplane.http.Authorizer;
import dev.gantry.controlplane.http.BuiltInRoles;
import dev.gantry.controlplane.http.Routes;
import dev.gantry.controlplane.http.TlsMaterial;
import dev.gantry.controlplane.identity.ClusterAuthority;
import dev.gantry.controlplane.identity.JoinTokenRoutes;
import dev.gantry.controlplane.identity.JoinTokens;
import dev.gantry.controlplane.identity.Kubeconfig;
import dev.gantry.controlplane.membership.ClusterShape;
import dev.gantry.controlplane.membership.ControlPlaneJoin;
import dev.gantry.controlplane.membership.Membership;
import dev.gantry.controlplane.registry.ClusterRegistry;
import dev.gantry.controlplane.registry.PeerBlobs;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.resource.DefaultNamespaces;
import dev.gantry.controlplane.resource.KindTable;
import dev.gantry.controlplane.resource.ResourceEngine;
import dev.gantry.controlplane.resource.TypedObjects;
import dev.gantry.controlplane.resource.admission.ServiceRange;
import dev.gantry.controlplane.resource.kind.BuiltInKinds;
import dev.gantry.controlplane.schedule.PodScheduling;
import dev.gantry.controlplane.stream.LeaderTickets;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;

/**
 * One control plane: the store, the engine over it, the parts that work while it leads, and the port that serves all of them. Started once; {@link
 * #close} stops in the reverse order.
 */
final class ControlPlane implements AutoCloseable {
    private static final String VERSION = "0.1.0";

    private final StoreService store;
    private final Dispatch dispatch;
    private final ClusterRegistry registry;
    private final ApiServer server;

    private ControlPlane(StoreService store, Dispatch dispatch, ClusterRegistry registry, ApiServer server) {
        this.store = store;
        this.dispatch = dispatch;
        this.registry = registry;
        this.server = server;
    }

    /**
     * Returns when the port is open and this control plane contends for leadership.
     *
     * @param restart ends this process so that its supervisor starts it again; called once at most, on any thread
     */
    static ControlPlane start(ControlPlaneOptions options, Runnable restart) throws IOException {
        Clock clock = Clock.systemUTC();
        join(options, clock);
        ClusterAuthority authority = ClusterAuthority.openOrCreate(options.state, clock);
        StoreService store = StoreService.open(
                options.zookeeper.isEmpty()
                        ? StoreConfig.embedded(options.state)
                        : StoreConfig.external(options.state, options.zookeeper));
        try {
            return serve(options, clock, authority, store, restart);
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** A control plane that belongs to others' cluster has its shape from them. */
    private static void join(ControlPlaneOptions options, Clock clock) throws IOException {
        ControlPlaneJoin join = new ControlPlaneJoin(options.state, clock);
        Optional<ClusterShape> joined = join.joined();
        if (joined.isEmpty() && !options.join.isEmpty()) {
            joined = Optional.of(join.join(options.join, options.joinToken(), options.address()));
        }
        joined.ifPresent(options::take);
        options.forgetJoinToken();
    }

    private static ControlPlane serve(
            ControlPlaneOptions options, Clock clock, ClusterAuthority authority, StoreService store, Runnable restart)
            throws IOException {
        String address = options.address();
        int[] nodePorts = options.nodePortRange();
        RandomGenerator random = new SecureRandom();
        KindTable kinds = BuiltInKinds.table(
                new BuiltInKinds.Settings(ServiceRange.parse(options.serviceRange), nodePorts[0], nodePorts[1]),
                random);
        ResourceEngine engine = new ResourceEngine(kinds, store.objects(), clock, random);
        ClusterObjects objects = new TypedObjects(engine);
        BuiltInRoles roles = new BuiltInRoles();
        JoinTokens tokens = new JoinTokens(store.objects(), authority.fingerprint(), clock, new SecureRandom());
        Membership membership = Membership.take(options.state, store, tokens, address, options.shape(), clock, restart);
        ClusterAuthority.KeyMaterial self = authority.controlPlaneClient();
        SSLContext peers = ClientTls.context(self.key(), self.chain(), authority.certificate());
        LeaderTickets leader = new LeaderTickets(store.leadership()::leaderAddresses, peers);
        ClusterSettings settings = new ClusterSettings(
                store.clusterId(),
                options.podRange,
                options.serviceRange,
                options.dnsAddress(),
                "cluster.local",
                nodePorts[0],
                nodePorts[1],
                membership::addresses);
        Dispatch dispatch =
                new Dispatch(store.leadership(), objects, authority, tokens, settings, address, leader, clock);
        store.leadership().register(dispatch);
        new Controllers(
                objects, store.leadership(), clock, dispatch, WatchedKinds.of(kinds), ControllerSettings.defaults());
        store.leadership().register(new PodScheduling(objects, clock));
        DefaultNamespaces.ensure(engine, null);
        Routes routes = new Routes();
        JoinTokenRoutes.register(routes, tokens, roles, membership::addresses);
        membership.addTo(routes, roles);
        leader.addTo(routes, dispatch);
        new KubernetesApi(engine, roles, dispatch.streams(), store::isCurrent, VERSION).addTo(routes);
        ClusterAuthority.KeyMaterial material = authority.server(options.hosts());
        ApiServer.Builder builder = ApiServer.builder()
                .address(options.bindAddress())
                .tls(new TlsMaterial(material.key(), material.chain(), List.of(authority.certificate())))
                .authorizer(roles)
                .routes(routes)
                .openPath(Dispatch.joinPath())
                .openPath(Membership.joinPath());
        KubernetesApi.OPEN_PATHS.forEach(builder::openPath);
        dispatch.services().forEach(builder::grpc);
        ClusterRegistry registry = registry(options, membership, peers, clock, store, dispatch, roles);
        registry.addTo(routes, builder);
        ApiServer server = builder.build().start();
        registry.start();
        Kubeconfig.ensure(options.kubeconfig, "https://" + options.localAddress(), authority, clock);
        store.contend(List.of(address));
        return new ControlPlane(store, dispatch, registry, server);
    }

    private static ClusterRegistry registry(
            ControlPlaneOptions options,
            Membership membership,
            SSLContext peers,
            Clock clock,
            StoreService store,
            Dispatch dispatch,
            Authorizer roles)
            throws IOException {
        PeerBlobs others = new PeerBlobs(membership::otherAddresses, peers);
        return ClusterRegistry.open(
                options.state.resolve("registry"),
                roles,
                dispatch.imageNames(store::isCurrent),
                others,
                clock,
                new SecureRandom());
    }

    @Override
    public void close() {
        // first of all: whoever takes over can begin while this one finishes what it has
        store.resign();
        dispatch.close();
        registry.close();
        server.close();
        store.close();
    }
}
