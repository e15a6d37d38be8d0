package dev.gantry.controlplane.zookeeper;

import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.util.ServiceUtils;

/** What client and server must agree on. ZooKeeper takes it from system properties, when its classes are initialized. */
public final class ZooKeeperLimits {
    /** Largest request that the server takes, in bytes ({@code jute.maxbuffer}). */
    public static final int SERVER_BUFFER_BYTES = 4 << 20;

    /** Largest reply that our client takes, in bytes: a batch of children's names or of objects is larger than a request. */
    public static final int CLIENT_BUFFER_BYTES = 64 << 20;

    /** ZooKeeper's unit of time, in milliseconds. */
    public static final int TICK_MILLIS = 500;

    private ZooKeeperLimits() {}

    /** Must run before any class of ZooKeeper is used; idempotent. */
    public static void install() {
        System.setProperty("jute.maxbuffer", Integer.toString(SERVER_BUFFER_BYTES));
        // the port must not answer anyone without the credential: nothing but sessions that have authenticated
        System.setProperty("zookeeper.enforce.auth.enabled", "true");
        System.setProperty("zookeeper.enforce.auth.schemes", StoreCredential.SCHEME);
        QuorumAdministrator.install();
        System.setProperty("zookeeper.4lw.commands.whitelist", "none");
        System.setProperty("zookeeper.admin.enableServer", "false");
        // a log file is rolled, and can then be purged, by size, too
        System.setProperty("zookeeper.snapSizeLimitInKb", Integer.toString(256 << 10));
        System.setProperty("zookeeper.preAllocSize", Integer.toString(4 << 10));
        System.setProperty("zookeeper.nio.numSelectorThreads", "1");
        System.setProperty("zookeeper.nio.numWorkerThreads", "2");
        ServiceUtils.setSystemExitProcedure(ServiceUtils.LOG_ONLY);
    }

    /** For each client. */
    public static ZKClientConfig clientConfig() {
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        config.setProperty("jute.maxbuffer", Integer.toString(CLIENT_BUFFER_BYTES));
        return config;
    }
}
