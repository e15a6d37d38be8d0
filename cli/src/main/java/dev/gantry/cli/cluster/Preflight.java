package dev.gantry.cli.cluster;

import dev.gantry.cli.Failure;
import dev.gantry.common.identity.JoinToken;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What must be true of a host before anything is started on it: all problems at once, each with what to do. */
final class Preflight {
    /** Wider routes are pieces of a default route, which every address has. */
    private static final int NARROWEST_DEFAULT = 4;

    private static final int LAST_PORT = 65_535;
    private static final Pattern NODE_NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?");
    private static final Pattern PORTS = Pattern.compile("([0-9]{1,5})-([0-9]{1,5})");
    private static final Pattern ADDRESS = Pattern.compile("(?:[^\\s:]+|\\[[0-9a-fA-F:]+]):([0-9]{1,5})");

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

    /** What the processes would refuse once they run. */
    Preflight settings(ClusterSettings settings) {
        nodeName(settings.nodeName());
        if (settings.port() < 1 || settings.port() > LAST_PORT) {
            problems.add("--port %d: expected a port from 1 to %d".formatted(settings.port(), LAST_PORT));
        }
        Matcher ports = PORTS.matcher(settings.nodePorts());
        boolean range = ports.matches()
                && Integer.parseInt(ports.group(1)) >= 1
                && Integer.parseInt(ports.group(1)) <= Integer.parseInt(ports.group(2))
                && Integer.parseInt(ports.group(2)) <= LAST_PORT;
        if (!range) {
            problems.add("--node-ports %s: expected FIRST-LAST within 1-%d, such as 30000-32767"
                    .formatted(settings.nodePorts(), LAST_PORT));
        }
        for (String server : settings.zookeeper().isEmpty()
                ? new String[0]
                : settings.zookeeper().split(",", -1)) {
            address("--zookeeper", server, "zk1:2181,zk2:2181,zk3:2181");
        }
        return this;
    }

    Preflight nodeName(String name) {
        if (!NODE_NAME.matcher(name).matches()) {
            problems.add(
                    "--node-name %s: expected at most 63 lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit"
                            .formatted(name));
        }
        return this;
    }

    /** @param example what the flag takes */
    Preflight address(String flag, String address, String example) {
        Matcher parts = ADDRESS.matcher(address);
        if (!parts.matches() || Integer.parseInt(parts.group(1)) > LAST_PORT) {
            problems.add("%s: \"%s\" is not HOST:PORT; expected such as %s".formatted(flag, address, example));
        }
        return this;
    }

    Preflight joinToken(String token) {
        try {
            JoinToken.parse(token);
        } catch (IllegalArgumentException e) {
            problems.add("--token: " + e.getMessage());
        }
        return this;
    }

    Preflight portFree(int port) {
        if (port < 1 || port > LAST_PORT) {
            return this; // said by settings
        }
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
        // an agent that has ended leaves its network to the next, with routes to pods and services: it has checked them
        boolean ours = Files.exists(
                directories.run().resolve("agent").resolve("network").resolve("host"));
        for (HostRoute route : ours ? List.<HostRoute>of() : HostRoute.all()) {
            if (route.destination().prefix() < NARROWEST_DEFAULT) {
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
