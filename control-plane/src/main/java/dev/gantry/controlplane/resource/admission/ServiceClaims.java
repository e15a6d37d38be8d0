package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.child;
import static dev.gantry.controlplane.resource.admission.Trees.objects;
import static dev.gantry.controlplane.resource.admission.Trees.text;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.Claims;
import dev.gantry.controlplane.resource.Problems;
import dev.gantry.controlplane.store.ObjectCache;
import dev.gantry.controlplane.store.ObjectKey;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Gives services their addresses and node ports, and keeps any two from having the same. */
public final class ServiceClaims implements Claims {
    private static final String GROUP = "claims.gantry.dev";
    private static final String ADDRESSES = "serviceaddresses";
    private static final String NODE_PORTS = "nodeports";
    /** Left for well-known services, such as the DNS at .10; whoever asks for one of them by name gets it. */
    private static final int RESERVED = 16;

    private final ServiceRange range;
    private final int firstNodePort;
    private final int lastNodePort;
    private final RandomGenerator random;

    public ServiceClaims(ServiceRange range, int firstNodePort, int lastNodePort, RandomGenerator random) {
        this.range = requireNonNull(range, "range is null");
        this.firstNodePort = firstNodePort;
        this.lastNodePort = lastNodePort;
        this.random = requireNonNull(random, "random is null");
    }

    @Override
    public Set<ObjectKey> of(ObjectNode service) {
        Set<ObjectKey> claims = new HashSet<>();
        String address = text(service.path("spec"), "clusterIP");
        if (!address.isEmpty() && !address.equals("None")) {
            claims.add(key(ADDRESSES, address));
        }
        for (JsonNode port : service.path("spec").path("ports")) {
            if (port.path("nodePort").asInt(0) != 0) {
                claims.add(nodePort(port, port.path("nodePort").asInt()));
            }
        }
        return claims;
    }

    @Override
    public void allocate(ObjectNode service, @Nullable ObjectNode old, ObjectCache cache, Problems problems) {
        Set<ObjectKey> own = old == null ? Set.of() : of(old);
        ObjectNode spec = child(service, "spec");
        String type = text(spec, "type");
        if (!type.equals("ExternalName")) {
            allocateAddress(spec, own, cache, problems);
        }
        if (type.equals("NodePort") || type.equals("LoadBalancer")) {
            allocatePorts(spec, own, cache, problems);
        }
    }

    private void allocateAddress(ObjectNode spec, Set<ObjectKey> own, ObjectCache cache, Problems problems) {
        String wanted = text(spec, "clusterIP");
        if (wanted.isEmpty()) {
            Optional<String> free = freeAddress(cache);
            if (free.isEmpty()) {
                problems.invalid("spec.clusterIP", "", "the service range is full: every address is in use");
                return;
            }
            spec.put("clusterIP", free.get());
        } else if (!wanted.equals("None") && !own.contains(key(ADDRESSES, wanted))) {
            if (!range.contains(wanted)) {
                problems.invalid(
                        "spec.clusterIP",
                        wanted,
                        "not in the service range %s/%d".formatted(range.address(0), range.prefix()));
            } else if (cache.get(key(ADDRESSES, wanted)).isPresent()) {
                problems.invalid("spec.clusterIP", wanted, "provided IP is already allocated");
            }
        }
        spec.putArray("clusterIPs").add(text(spec, "clusterIP"));
    }

    /** A random start spreads writers, so that they seldom collide. */
    private Optional<String> freeAddress(ObjectCache cache) {
        int first = Math.min(RESERVED, range.size() / 4);
        int choices = range.size() - 1 - first;
        int start = random.nextInt(choices);
        for (int i = 0; i < choices; i++) {
            String address = range.address(first + (start + i) % choices);
            if (range.contains(address) && cache.get(key(ADDRESSES, address)).isEmpty()) {
                return Optional.of(address);
            }
        }
        return Optional.empty();
    }

    private void allocatePorts(ObjectNode spec, Set<ObjectKey> own, ObjectCache cache, Problems problems) {
        List<ObjectNode> ports = objects(spec.path("ports"));
        Set<ObjectKey> taken = new HashSet<>();
        ports.forEach(port -> taken.add(nodePort(port, port.path("nodePort").asInt(0))));
        Set<ObjectKey> seen = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            ObjectNode port = ports.get(i);
            String field = "spec.ports[%d].nodePort".formatted(i);
            int wanted = port.path("nodePort").asInt(0);
            if (wanted == 0) {
                Optional<Integer> free = freePort(port, taken, cache);
                if (free.isEmpty()) {
                    problems.invalid(field, 0, "every node port is in use");
                    continue;
                }
                port.put("nodePort", free.get());
                taken.add(nodePort(port, free.get()));
            } else if (wanted < firstNodePort || wanted > lastNodePort) {
                problems.invalid(
                        field,
                        wanted,
                        "provided port is not in the valid range %d-%d".formatted(firstNodePort, lastNodePort));
            } else if (!seen.add(nodePort(port, wanted))) {
                problems.duplicate(field, wanted);
            } else if (!own.contains(nodePort(port, wanted))
                    && cache.get(nodePort(port, wanted)).isPresent()) {
                problems.invalid(field, wanted, "provided port is already allocated");
            }
        }
    }

    private Optional<Integer> freePort(JsonNode port, Set<ObjectKey> taken, ObjectCache cache) {
        int choices = lastNodePort - firstNodePort + 1;
        int start = random.nextInt(choices);
        for (int i = 0; i < choices; i++) {
            int candidate = firstNodePort + (start + i) % choices;
            ObjectKey key = nodePort(port, candidate);
            if (!taken.contains(key) && cache.get(key).isEmpty()) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private static ObjectKey nodePort(JsonNode port, int number) {
        String protocol = text(port, "protocol").isEmpty() ? "TCP" : text(port, "protocol");
        return key(NODE_PORTS, protocol.toLowerCase(java.util.Locale.ROOT) + "-" + number);
    }

    private static ObjectKey key(String resource, String name) {
        return new ObjectKey(GROUP, resource, null, name);
    }
}
