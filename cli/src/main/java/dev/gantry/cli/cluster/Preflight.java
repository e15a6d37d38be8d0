package dev.gantry.cli.cluster;

import dev.gantry.cli.Failure;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What must be true of a host before anything is started on it: all problems at once, each with what to do. */
final class Preflight {
    private final List<String> problems = new ArrayList<>();

    static void requireRoot(String verb) {
        try {
            Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            if (!uid.equals(0)) {
                throw new Failure(
                        "'gantry %s' sets up namespaces, cgroups and networks, which only root may: run it with sudo"
                                .formatted(verb));
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw new Failure("gantry runs on Linux with /proc mounted: " + e.getMessage(), e);
        }
    }

    Preflight portFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
        } catch (IOException e) {
            problems.add(
                    "port %d is in use: stop what listens there ('ss -ltnp sport = :%d' shows it), or choose another with --port"
                            .formatted(port, port));
        }
        return this;
    }

    Preflight rangesFree(Directories directories, ClusterSettings settings) {
        Cidr pods = cidr("--pod-range", settings.podRange());
        Cidr services = cidr("--service-range", settings.serviceRange());
        if (pods == null || services == null) {
            return this;
        }
        if (pods.overlaps(services)) {
            problems.add("--pod-range %s and --service-range %s overlap: choose ranges that don't"
                    .formatted(pods, services));
        }
        for (HostRoute route : HostRoute.all()) {
            // an agent that has ended leaves its network to the next: links of pods, the route to services at the
            // loopback
            boolean ours = route.device().startsWith("gantry") || route.device().equals("lo");
            if (ours || route.destination().prefix() == 0) {
                continue;
            }
            if (route.destination().overlaps(pods)) {
                problems.add(overlap("--pod-range", pods, route));
            }
            if (route.destination().overlaps(services)) {
                problems.add(overlap("--service-range", services, route));
            }
        }
        return this;
    }

    Preflight tools(String... tools) {
        for (String tool : tools) {
            boolean found = List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin").stream()
                    .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
            if (!found) {
                problems.add(
                        "%s is not installed: run 'deploy/packages install' from the checkout, or install the Debian package that has it"
                                .formatted(tool));
            }
        }
        return this;
    }

    void check() {
        if (!problems.isEmpty()) {
            throw new Failure(String.join("\ngantry: ", problems));
        }
    }

    private @Nullable Cidr cidr(String flag, String text) {
        try {
            return Cidr.parse(text);
        } catch (IllegalArgumentException e) {
            problems.add("%s %s: %s".formatted(flag, text, e.getMessage()));
            return null;
        }
    }

    private static String overlap(String flag, Cidr range, HostRoute route) {
        return "%s %s overlaps with this host's route to %s (device %s): choose another range with %s"
                .formatted(flag, range, route.destination(), route.device(), flag);
    }
}
