package dev.gantry.agent.network;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The host's forwarding of IPv4 packets. Setting {@code ip_forward} changes more than itself (ip-sysctl, in the kernel's documentation): every link's own
 * switch, and whether redirects are accepted. So all of these are noted before, and put back after. To be called inside the host's namespace.
 */
final class Forwarding {
    private static final Path IPV4 = Path.of("/proc/sys/net/ipv4");
    private static final String FORWARD = "ip_forward";
    private static final String REDIRECTS = "conf/all/accept_redirects";

    private Forwarding() {}

    static boolean isOn() throws IOException {
        return read(FORWARD).equals("1");
    }

    /** Everything that {@link #turnOn} will change, by path beneath /proc/sys/net/ipv4. */
    static Map<String, String> values() throws IOException {
        Map<String, String> values = new TreeMap<>();
        values.put(FORWARD, read(FORWARD));
        values.put(REDIRECTS, read(REDIRECTS));
        try (DirectoryStream<Path> links = Files.newDirectoryStream(IPV4.resolve("conf"))) {
            for (Path link : links) {
                // Ours come and go with their pods.
                if (!link.getFileName().toString().startsWith(NetworkConfig.LINK_PREFIX)) {
                    String name = "conf/" + link.getFileName() + "/forwarding";
                    values.put(name, read(name));
                }
            }
        }
        return values;
    }

    static void turnOn() throws IOException {
        Files.writeString(IPV4.resolve(FORWARD), "1");
    }

    /** Puts back what {@link #values} gave. Links that have gone are left out. */
    static void restore(Map<String, String> values) throws IOException {
        String forward = values.get(FORWARD);
        if (forward != null && !forward.equals(read(FORWARD))) {
            Files.writeString(IPV4.resolve(FORWARD), forward);
        }
        for (Map.Entry<String, String> value : values.entrySet()) {
            Path path = IPV4.resolve(value.getKey());
            if (Files.exists(path) && !read(value.getKey()).equals(value.getValue())) {
                Files.writeString(path, value.getValue());
            }
        }
    }

    private static String read(String name) throws IOException {
        return Files.readString(IPV4.resolve(name)).strip();
    }
}
