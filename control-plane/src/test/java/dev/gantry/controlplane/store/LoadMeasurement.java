package dev.gantry.controlplane.store;

import com.sun.management.OperatingSystemMXBean;
import dev.gantry.controlplane.zookeeper.EmbeddedZooKeeper;
import dev.gantry.controlplane.zookeeper.MemberFiles;
import dev.gantry.controlplane.zookeeper.StoreCredential;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A process that seeds a store, or starts on a seeded one and says how long that took: {@code seed|load FOLDER OBJECTS}. Server and cache share its heap,
 * as in a control plane.
 */
final class LoadMeasurement {
    private static final int IN_A_TRANSACTION = 1_000;
    private static final String GROUP = "";
    private static final String RESOURCE = "pods";
    private static final String NAMESPACE = "default";

    private LoadMeasurement() {}

    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[1]);
        int objects = Integer.parseInt(arguments[2]);
        long begun = System.nanoTime();
        long begunCpu = cpuNanos();
        EmbeddedZooKeeper server = EmbeddedZooKeeper.start(
                directory.resolve("snapshots"),
                directory.resolve("log"),
                0,
                new MemberFiles(directory.resolve("member")));
        long serving = System.nanoTime();
        long servingCpu = cpuNanos();
        try (Store store = Store.open(Store.Options.of(
                server.connectString(),
                false,
                StoreCredential.open(directory.resolve("credential")),
                directory.resolve("keys"),
                "one"))) {
            long loaded = System.nanoTime();
            long loadedCpu = cpuNanos();
            if (arguments[0].equals("seed")) {
                seed(store, objects);
            }
            System.out.printf(
                    "objects=%d server-millis=%d server-cpu-millis=%d load-millis=%d load-cpu-millis=%d heap-mib=%d%n",
                    store.cache().list(GROUP, RESOURCE, NAMESPACE).objects().size(),
                    (serving - begun) / 1_000_000,
                    (servingCpu - begunCpu) / 1_000_000,
                    (loaded - serving) / 1_000_000,
                    (loadedCpu - servingCpu) / 1_000_000,
                    usedHeapMib());
        } finally {
            server.close();
        }
    }

    private static void seed(Store store, int objects) {
        List<Write> writes = new ArrayList<>();
        for (int i = 0; i < objects; i++) {
            String name = "%063d".formatted(i).replace('0', 'a');
            String uid = "5f7d8f5e-91c1-4d0c-8f43-%012d".formatted(i);
            writes.add(new Write.Create(new ObjectKey(GROUP, RESOURCE, NAMESPACE, name), uid, pod(name, uid)));
            if (writes.size() == IN_A_TRANSACTION || i == objects - 1) {
                store.objects().transact(writes, null);
                writes.clear();
            }
        }
    }

    private static byte[] pod(String name, String uid) {
        return """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"default","uid":"%s","creationTimestamp":"2026-01-01T00:00:00Z",\
                "labels":{"app":"web","pod-template-hash":"7d9c6c8b5"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7d9c6c8b5",\
                "uid":"0e0f7c0c-5f3b-4b77-9d3e-2f6a3a3c9a11","controller":true,"blockOwnerDeletion":true}]},"spec":{"nodeName":"node-17","restartPolicy":"Always",\
                "containers":[{"name":"main","image":"registry.example/web:1.2.3","ports":[{"containerPort":8080,"protocol":"TCP"}],"resources":{"requests":\
                {"cpu":"100m","memory":"128Mi"}},"readinessProbe":{"httpGet":{"path":"/healthz","port":8080,"scheme":"HTTP"},"periodSeconds":10}}]},\
                "status":{"phase":"Running","podIP":"10.244.3.17","hostIP":"192.0.2.17","startTime":"2026-01-01T00:00:01Z","conditions":[{"type":"Ready",\
                "status":"True","lastTransitionTime":"2026-01-01T00:00:03Z"}],"containerStatuses":[{"name":"main","ready":true,"restartCount":0,"started":true,\
                "containerID":"gantry://%s-main","state":{"running":{"startedAt":"2026-01-01T00:00:02Z"}}}]}}
                """.formatted(name, uid, uid).getBytes(StandardCharsets.UTF_8);
    }

    /** Of all threads: what the load costs, however busy the machine is. */
    private static long cpuNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private static long usedHeapMib() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) >> 20;
    }
}
