package dev.gantry.agent.pod;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.wire.node.v1.HostAlias;
import dev.gantry.wire.node.v1.PodSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** The files in /etc that a pod's containers share: hosts, hostname and resolv.conf. */
final class HostFiles {
    static final List<String> NAMES = List.of("hosts", "hostname", "resolv.conf");

    private HostFiles() {}

    /**
     * Makes them what the spec and the address say. A file that changes is replaced: containers that run keep the one they have, as with Kubernetes'
     * kubelet, and a full disk leaves no half of one.
     *
     * @param address of the pod
     */
    static void write(Path directory, PodSpec spec, String address) throws IOException {
        Files.createDirectories(directory);
        if (!spec.getHostNetwork()) {
            replace(directory.resolve("hosts"), hosts(spec, address));
            replace(directory.resolve("hostname"), spec.getHostname() + "\n");
        } else {
            replace(directory.resolve("hosts"), hostsOfHost(spec));
        }
        replace(directory.resolve("resolv.conf"), resolvConf(spec));
    }

    static String hosts(PodSpec spec, String address) {
        StringBuilder lines = new StringBuilder("""
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                fe00::0\tip6-localnet
                fe00::0\tip6-mcastprefix
                fe00::1\tip6-allnodes
                fe00::2\tip6-allrouters
                """);
        lines.append(address).append('\t').append(spec.getHostname()).append('\n');
        return lines.append(aliases(spec)).toString();
    }

    private static String hostsOfHost(PodSpec spec) throws IOException {
        Path own = Path.of("/etc/hosts");
        return (Files.isReadable(own) ? Files.readString(own) : "127.0.0.1\tlocalhost\n") + aliases(spec);
    }

    private static String aliases(PodSpec spec) {
        StringBuilder lines = new StringBuilder();
        for (HostAlias alias : spec.getHostAliasesList()) {
            lines.append(alias.getAddress())
                    .append('\t')
                    .append(String.join("\t", alias.getHostnamesList()))
                    .append('\n');
        }
        return lines.toString();
    }

    /** Without name servers in the spec, the host's. */
    static String resolvConf(PodSpec spec) throws IOException {
        Path own = Path.of("/etc/resolv.conf");
        if (spec.getDns().getNameserversCount() == 0 && Files.isReadable(own)) {
            return Files.readString(own);
        }
        StringBuilder lines = new StringBuilder();
        spec.getDns()
                .getNameserversList()
                .forEach(server -> lines.append("nameserver ").append(server).append('\n'));
        if (spec.getDns().getSearchesCount() > 0) {
            lines.append("search ")
                    .append(String.join(" ", spec.getDns().getSearchesList()))
                    .append('\n');
        }
        if (spec.getDns().getOptionsCount() > 0) {
            lines.append("options ")
                    .append(String.join(" ", spec.getDns().getOptionsList()))
                    .append('\n');
        }
        return lines.toString();
    }

    private static void replace(Path file, String content) throws IOException {
        if (Files.exists(file) && Files.readString(file).equals(content)) {
            return;
        }
        Path beside = file.resolveSibling("." + file.getFileName() + ".new");
        Files.write(beside, content.getBytes(UTF_8));
        Files.setAttribute(beside, "unix:mode", 0644);
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
