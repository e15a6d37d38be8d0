package dev.gantry.e2e.attack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.TestHost;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A pod asks the store: one with a network of its own doesn't reach it, and one on the host's network, without the credential, gets NoAuth. It speaks
 * ZooKeeper's protocol itself, byte for byte, so that no client is kinder than an attacker.
 */
@Tag("root")
class StoreFromPodTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String PODS = """
            apiVersion: v1
            kind: Pod
            metadata: {name: near}
            spec:
              hostNetwork: true
              containers: [{name: main, image: "busybox:test", command: [sleep, "1000000"]}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: far}
            spec:
              containers: [{name: main, image: "busybox:test", command: [sleep, "1000000"]}]
            """;

    private static TestHost host;
    private static String port;

    @BeforeAll
    static void up() {
        host = TestHost.create("storepod");
        host.gantry("up").ok();
        BusyboxImage.bringTo(host);
        host.apply(PODS);
        await("both pods run")
                .atMost(PATIENCE)
                .until(() -> host.gantry("exec", "near", "--", "true").exitCode() == 0
                        && host.gantry("exec", "far", "--", "true").exitCode() == 0);
        port = portOfStore();
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.close();
        }
    }

    /** The one on loopback on which the control plane listens. */
    private static String portOfStore() {
        String owner = "pid=" + host.pid("control-plane").orElseThrow() + ",";
        List<String> ports = host.inside("ss", "-H", "-ltnp")
                .ok()
                .stdout()
                .lines()
                .filter(line -> line.contains(owner))
                .map(line -> line.trim().split("\\s+", -1)[3])
                .filter(address -> address.contains("127.0.0.1]:") || address.startsWith("127.0.0.1:"))
                .map(address -> address.substring(address.lastIndexOf(':') + 1))
                .toList();
        assertThat(ports).as("what the control plane listens on, on loopback").hasSize(1);
        return ports.getFirst();
    }

    @Test
    void aPodOnTheHostsNetworkGetsNoAuth() throws IOException {
        for (String path : List.of("/", "/gantry", "/gantry/objects")) {
            Answer children = ask(conversation ->
                    conversation.withCredential("digest", "attacker:guess").children(path));
            assertThat(children.error()).as("children of %s", path).isEqualTo(Answer.NO_AUTH);
            Answer data = ask(conversation ->
                    conversation.withCredential("digest", "attacker:guess").data(path));
            assertThat(data.error()).as("data of %s", path).isEqualTo(Answer.NO_AUTH);
        }
    }

    /** Neither names nor data come before its session is ended. */
    @Test
    void aPlainClientInAPodIsToldNothing() throws IOException {
        for (String path : List.of("/", "/gantry", "/gantry/objects")) {
            assertThat(ask(conversation -> conversation.children(path)).error())
                    .as("children of %s", path)
                    .isEqualTo(Answer.CREDENTIAL_REQUIRED);
        }
    }

    @Test
    void aPodWithANetworkOfItsOwnDoesNotReachIt() {
        CommandResult routes = host.gantry("exec", "far", "--", "ip", "route");
        List<String> addresses = new ArrayList<>(List.of("127.0.0.1"));
        routes.ok()
                .stdout()
                .lines()
                .filter(line -> line.startsWith("default"))
                .map(line -> line.split(" ", -1)[2])
                .forEach(addresses::add);
        host.inside("hostname", "-I")
                .ok()
                .stdout()
                .lines()
                .flatMap(line -> List.of(line.split(" ", -1)).stream())
                .filter(address -> address.contains("."))
                .forEach(addresses::add);
        for (String address : addresses) {
            CommandResult connect =
                    host.gantry("exec", "far", "--", "sh", "-c", "nc -w 2 " + address + " " + port + " < /dev/null");
            assertThat(connect.exitCode())
                    .as("connecting to %s:%s", address, port)
                    .isNotZero();
        }
    }

    private interface Question {
        void asked(Conversation conversation) throws IOException;
    }

    /** One session, from the pod on the host's network. */
    private static Answer ask(Question question) throws IOException {
        Conversation conversation = new Conversation();
        question.asked(conversation);
        conversation.close();
        // the far end closes: what is to be read ends then, and not when all is said
        String script = "mkfifo /tmp/said.$$ && exec 3<>/tmp/said.$$ && base64 -d >&3 && nc 127.0.0.1 " + port
                + " < /tmp/said.$$ | hexdump -v -e '1/1 \"%02x\"'";
        CommandResult result = host.inside(
                Base64.getEncoder().encodeToString(conversation.said()).getBytes(UTF_8),
                host.commandLine("exec", "-i", "near", "--", "timeout", "20", "sh", "-c", script));
        return Answer.to(
                Conversation.QUESTION,
                HexFormat.of().parseHex(result.ok().stdout().strip()));
    }

    /** What a client says, in the form of the protocol. */
    private static final class Conversation {
        static final int QUESTION = 7;
        private static final int CREDENTIAL = -4;
        private static final int AUTHENTICATE = 100;
        private static final int GET_DATA = 4;
        private static final int GET_CHILDREN = 8;
        private static final int CLOSE = -11;
        private static final int SESSION_TIMEOUT_MS = 30_000;
        private static final int PASSWORD_BYTES = 16;

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Conversation() throws IOException {
            packet(out -> {
                out.writeInt(0); // version of the protocol
                out.writeLong(0); // last transaction seen
                out.writeInt(SESSION_TIMEOUT_MS);
                out.writeLong(0); // a new session
                out.writeInt(PASSWORD_BYTES);
                out.write(new byte[PASSWORD_BYTES]);
                out.writeBoolean(false); // nothing read-only
            });
        }

        Conversation withCredential(String scheme, String credential) throws IOException {
            packet(out -> {
                out.writeInt(CREDENTIAL);
                out.writeInt(AUTHENTICATE);
                out.writeInt(0);
                text(out, scheme);
                text(out, credential);
            });
            return this;
        }

        void children(String path) throws IOException {
            read(GET_CHILDREN, path);
        }

        void data(String path) throws IOException {
            read(GET_DATA, path);
        }

        private void read(int type, String path) throws IOException {
            packet(out -> {
                out.writeInt(QUESTION);
                out.writeInt(type);
                text(out, path);
                out.writeBoolean(false); // no watch
            });
        }

        void close() throws IOException {
            packet(out -> {
                out.writeInt(QUESTION + 1);
                out.writeInt(CLOSE);
            });
        }

        byte[] said() {
            return bytes.toByteArray();
        }

        private void packet(Content content) throws IOException {
            ByteArrayOutputStream packet = new ByteArrayOutputStream();
            content.write(new DataOutputStream(packet));
            DataOutputStream all = new DataOutputStream(bytes);
            all.writeInt(packet.size());
            packet.writeTo(all);
        }

        private static void text(DataOutputStream out, String text) throws IOException {
            byte[] utf8 = text.getBytes(UTF_8);
            out.writeInt(utf8.length);
            out.write(utf8);
        }

        private interface Content {
            void write(DataOutputStream out) throws IOException;
        }
    }

    /** @param error code of the protocol; 0 where the question was answered */
    private record Answer(int error) {
        static final int NO_AUTH = -102;
        static final int CREDENTIAL_REQUIRED = -124;

        static Answer to(int question, byte[] heard) throws IOException {
            DataInputStream in = new DataInputStream(new java.io.ByteArrayInputStream(heard));
            in.skipNBytes(in.readInt()); // the session
            while (in.available() > 0) {
                byte[] packet = in.readNBytes(in.readInt());
                DataInputStream reply = new DataInputStream(new java.io.ByteArrayInputStream(packet));
                int answers = reply.readInt();
                reply.readLong(); // the transaction
                int error = reply.readInt();
                if (answers == question) {
                    return new Answer(error);
                }
            }
            throw new AssertionError("no answer among " + HexFormat.of().formatHex(heard));
        }
    }
}
