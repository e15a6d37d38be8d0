package dev.gantry.controlplane.zookeeper;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.gantry.common.process.ConfigurationException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An ensemble that others run. What can be asked of its members before a session exists is asked here; what needs a session (the size of requests, the
 * kinds of watches) the store probes when it opens.
 */
public final class ExternalEnsemble {
    private static final Pattern MEMBER = Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+]):([0-9]{1,5})");
    private static final Pattern VERSION = Pattern.compile("Zookeeper version: (\\d+)\\.(\\d+)\\.(\\d+)");
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final List<InetSocketAddress> members;
    private final String connectString;

    private ExternalEnsemble(String connectString, List<InetSocketAddress> members) {
        this.connectString = connectString;
        this.members = List.copyOf(members);
    }

    /**
     * @param text {@code host:port,host:port…}
     * @throws IllegalArgumentException naming all members that are not so
     */
    public static ExternalEnsemble parse(String text) {
        List<InetSocketAddress> members = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (String member : text.split(",", -1)) {
            Matcher matcher = MEMBER.matcher(member.strip());
            if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 65535) {
                problems.add("'%s'".formatted(member.strip()));
            } else {
                members.add(new InetSocketAddress(matcher.group(1), Integer.parseInt(matcher.group(2))));
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(
                    "--zookeeper '%s': %s is not host:port; expected a list as in zk1:2181,zk2:2181,zk3:2181"
                            .formatted(text, String.join(", ", problems)));
        }
        return new ExternalEnsemble(text.replace(" ", ""), members);
    }

    /** For clients. */
    public String connectString() {
        return connectString;
    }

    /**
     * Asks each member for its version, as far as it tells ({@code srvr} is open by default).
     *
     * @throws ConfigurationException when one is too old; the message says what to do
     * @throws IOException when no member can be reached
     */
    public void checkMembers() throws IOException {
        List<String> unreachable = new ArrayList<>();
        for (InetSocketAddress member : members) {
            try {
                Optional<String> problem = versionProblem(member, ask(member));
                if (problem.isPresent()) {
                    throw new ConfigurationException(problem.get());
                }
            } catch (java.net.SocketException | java.net.SocketTimeoutException | java.net.UnknownHostException e) {
                unreachable.add("%s (%s)".formatted(member, e.getMessage()));
            }
        }
        if (unreachable.size() == members.size()) {
            throw new IOException(
                    "no member of the ZooKeeper ensemble can be reached: %s; check --zookeeper and that they run"
                            .formatted(String.join(", ", unreachable)));
        }
    }

    /** Watch events carry their zxid since 3.9.0, and persistent recursive watches don't leak paths since 3.9.2 (CVE-2024-23944). */
    static Optional<String> versionProblem(InetSocketAddress member, String answer) {
        Matcher matcher = VERSION.matcher(answer);
        if (!matcher.find()) {
            return Optional.empty();
        }
        int major = Integer.parseInt(matcher.group(1));
        int minor = Integer.parseInt(matcher.group(2));
        int patch = Integer.parseInt(matcher.group(3));
        boolean good = major > 3 || (major == 3 && (minor > 9 || (minor == 9 && patch >= 2)));
        return good
                ? Optional.empty()
                : Optional.of(
                        "ZooKeeper %d.%d.%d on %s is too old: 3.9.2 or later is needed (zxids in watch events, CVE-2024-23944); upgrade it first"
                                .formatted(major, minor, patch, member));
    }

    private static String ask(InetSocketAddress member) throws IOException {
        try (Socket socket = new Socket()) {
            InetSocketAddress resolved = new InetSocketAddress(member.getHostString(), member.getPort());
            socket.connect(resolved, (int) PATIENCE.toMillis());
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write("srvr".getBytes(US_ASCII));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readNBytes(4096), US_ASCII);
        }
    }
}
