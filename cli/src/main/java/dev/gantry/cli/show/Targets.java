package dev.gantry.cli.show;

import static java.util.Objects.requireNonNull;

import dev.gantry.cli.Failure;
import dev.gantry.cli.api.Discovery;
import dev.gantry.cli.api.Resource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a person means by {@code pod web-1 web-2}, {@code pods,services} or {@code pod/web-1 deploy/web}. */
public final class Targets {
    private Targets() {}

    /**
     * @param namespace for namespaced resources
     * @return one target a name, or one without a name for a whole type
     */
    public static List<Target> parse(Discovery discovery, @Nullable String namespace, List<String> typed) {
        List<Target> targets = new ArrayList<>();
        if (typed.isEmpty()) {
            throw new Failure(2, "which type? For example: gantry get pods");
        }
        if (typed.stream().anyMatch(t -> t.contains("/"))) {
            for (String one : typed) {
                String[] parts = one.split("/", -1);
                if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
                    throw new Failure(2, "\"%s\": expected TYPE/NAME, such as pod/web-1, for each".formatted(one));
                }
                targets.add(target(discovery.byName(parts[0]), namespace, parts[1]));
            }
            return targets;
        }
        for (String type : typed.getFirst().split(",", -1)) {
            if (type.equals("all")) {
                discovery.category("all").forEach(r -> targets.add(target(r, namespace, null)));
                continue;
            }
            Resource resource = discovery.byName(type);
            if (typed.size() == 1) {
                targets.add(target(resource, namespace, null));
            }
            typed.subList(1, typed.size()).forEach(name -> targets.add(target(resource, namespace, name)));
        }
        return targets;
    }

    private static Target target(Resource resource, @Nullable String namespace, @Nullable String name) {
        return new Target(resource, resource.namespaced() ? namespace : null, name);
    }

    /** @param name null for all of the type */
    public record Target(
            Resource resource,
            @Nullable String namespace,
            @Nullable String name) {
        public String requireName() {
            return requireNonNull(name, "name is null");
        }
    }
}
