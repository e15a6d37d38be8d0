package dev.gantry.controlplane.resource.ownership;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** Pods that say some things of a small stock, so that several of them often speak of the same: every way in which fields can be owned occurs. */
final class Configurations {
    private Configurations() {}

    static Arbitrary<ObjectNode> pods() {
        return Arbitraries.longs().map(seed -> pod(new Random(seed)));
    }

    private static ObjectNode pod(Random random) {
        ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
        ObjectNode metadata = pod.putObject("metadata").put("name", "p");
        if (random.nextBoolean()) {
            ObjectNode labels = metadata.putObject("labels");
            some(random, "a", "b", "c").forEach(label -> labels.put(label, pick(random, "1", "2")));
        }
        if (random.nextBoolean()) {
            ArrayNode finalizers = metadata.putArray("finalizers");
            some(random, "x/1", "x/2", "x/3").forEach(finalizers::add);
        }
        ObjectNode spec = pod.putObject("spec");
        if (random.nextBoolean()) {
            spec.put("restartPolicy", pick(random, "Always", "Never"));
        }
        if (random.nextBoolean()) {
            spec.putObject("nodeSelector").put(pick(random, "zone", "disk"), pick(random, "1", "2"));
        }
        if (random.nextBoolean()) {
            spec.putArray("tolerations").addObject().put("key", pick(random, "k1", "k2"));
        }
        if (random.nextBoolean()) {
            spec.putObject("securityContext").put(pick(random, "runAsUser", "runAsGroup"), random.nextInt(2));
        }
        ArrayNode volumes = spec.putArray("volumes");
        some(random, "v", "w").forEach(name -> {
            ObjectNode volume = volumes.addObject().put("name", name);
            ObjectNode scratch = volume.putObject("emptyDir");
            if (random.nextBoolean()) {
                scratch.put("medium", "Memory");
            }
        });
        ArrayNode containers = spec.putArray("containers");
        some(random, "main", "side", "log").forEach(name -> container(random, containers.addObject(), name));
        return pod;
    }

    private static void container(Random random, ObjectNode container, String name) {
        container.put("name", name);
        if (random.nextBoolean()) {
            container.put("image", pick(random, "i:1", "i:2"));
        }
        ArrayNode env = container.putArray("env");
        some(random, "A", "B")
                .forEach(variable -> env.addObject().put("name", variable).put("value", pick(random, "1", "2")));
        ArrayNode ports = container.putArray("ports");
        some(random, "TCP", "UDP").forEach(protocol -> {
            ObjectNode port = ports.addObject().put("containerPort", 80);
            if (!protocol.equals("TCP") || random.nextBoolean()) {
                port.put("protocol", protocol);
            }
            port.put("name", pick(random, "web", "dns"));
        });
        if (random.nextBoolean()) {
            container.putObject("resources").putObject("limits").put("cpu", pick(random, "1", "1000m", "2"));
        }
    }

    private static List<String> some(Random random, String... all) {
        List<String> some = new ArrayList<>(List.of(all));
        some.removeIf(each -> random.nextBoolean());
        java.util.Collections.shuffle(some, random);
        return some;
    }

    private static String pick(Random random, String... all) {
        return all[random.nextInt(all.length)];
    }
}
