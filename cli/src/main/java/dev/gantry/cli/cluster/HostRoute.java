package dev.gantry.cli.cluster;

import dev.gantry.cli.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A route of this host, from /proc/net/route (proc(5)): little-endian hexadecimal. */
record HostRoute(String device, Cidr destination) {
    static List<HostRoute> all() {
        try {
            return parse(Files.readAllLines(Path.of("/proc/net/route")));
        } catch (IOException e) {
            throw new Failure("cannot read this host's routes: " + e.getMessage(), e);
        }
    }

    static List<HostRoute> parse(List<String> lines) {
        List<HostRoute> routes = new ArrayList<>();
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            String[] fields = line.strip().split("\\s+", -1);
            if (fields.length > 7) {
                int network = Integer.reverseBytes(Integer.parseUnsignedInt(fields[1], 16));
                int mask = Integer.reverseBytes(Integer.parseUnsignedInt(fields[7], 16));
                routes.add(new HostRoute(fields[0], new Cidr(network, Integer.bitCount(mask))));
            }
        }
        return routes;
    }
}
