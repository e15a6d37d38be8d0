package dev.gantry.e2e.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.TestHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bad input through the real command line: an exit code that is not 0, one error that names the place and what is expected, no stack trace, and nothing
 * changed. One host has a cluster, the other has nothing and must stay so.
 */
@Tag("root")
class BadInputTest {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    private static TestHost cluster;
    private static TestHost bare;
    private static List<String> before;

    @BeforeAll
    static void start() {
        cluster = TestHost.create("badinput");
        cluster.gantry("up").ok();
        before = objects();
        bare = TestHost.create("badhost");
        // a network of this host's own, in the middle of what pods get by default
        bare.inside("ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
                .ok();
        bare.inside("ip", "address", "add", "10.244.7.1/24", "dev", "near").ok();
        bare.inside("ip", "link", "set", "near", "up").ok();
    }

    @AfterAll
    static void stop() {
        try (TestHost first = cluster;
                TestHost second = bare) {
            assertThat(objects()).as("what is in the cluster after all of it").isEqualTo(before);
        }
    }

    static Stream<Arguments> manifests() {
        String deployment = """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: bad}
                spec:
                  %s
                  selector: {matchLabels: {app: bad}}
                  template:
                    metadata: {labels: {app: bad}}
                    spec:
                      containers:
                        - name: bad
                          image: bad:1
                          %s
                """;
        return Stream.of(
                arguments(
                        "unknown fields, all at once",
                        deployment.formatted("replica: 2", "imagePullPolice: Never"),
                        List.of(
                                ":5:3: spec.replica: unknown field",
                                "did you mean \"replicas\"?",
                                ":13:11: spec.template.spec.containers[0].imagePullPolice: unknown field",
                                "did you mean \"imagePullPolicy\"?")),
                arguments(
                        "wrong types, all at once",
                        deployment.formatted("replicas: two", "command: echo hi"),
                        List.of(
                                ":5:3: spec.replicas: expected an integer, but it is string \"two\"",
                                ":13:11: spec.template.spec.containers[0].command: expected a list")),
                arguments("a bomb of aliases", bomb(), List.of(":1:", "once aliases (*name) are written out")),
                arguments(
                        "a line indented otherwise",
                        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: bad\n data:\n  k: v\n",
                        List.of(":5:2: this line is not indented as the lines that it follows")),
                arguments("a tab", "apiVersion: v1\n\tkind: ConfigMap\n", List.of(":2:1: a tab", "indent with spaces")),
                arguments(
                        "a key that is there twice",
                        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad, name: worse}\n",
                        List.of(":3:23: the key \"name\" is here twice: remove one")),
                arguments(
                        "an unknown kind",
                        "apiVersion: v1\nkind: ConfigMop\nmetadata: {name: bad}\n",
                        List.of(":2:1: no kind \"ConfigMop\" in v1: did you mean \"ConfigMap\"?")),
                arguments(
                        "an unknown apiVersion",
                        "apiVersion: apps/v2\nkind: Deployment\nmetadata: {name: bad}\n",
                        List.of(":1:1: no apiVersion \"apps/v2\" is served; there are: v1,", "apps/v1")),
                arguments(
                        "no name",
                        "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n",
                        List.of(":3:1: metadata.name is missing")),
                arguments(
                        "a name that is none",
                        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n",
                        List.of(":3:12: metadata.name:", "lower case")),
                arguments(
                        "a value that the server refuses",
                        "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec:\n  clusterIP: 192.168.0.1\n  ports: [{port: 80}]\n",
                        List.of(":5:3: spec.clusterIP:")),
                arguments(
                        "an object without its namespace",
                        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad, namespace: nowhere}\n",
                        List.of("namespaces \"nowhere\" not found")),
                arguments("nothing", "", List.of("no objects in")));
    }

    private static String bomb() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 12; i++) {
            bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(10)));
        }
        return bomb.toString();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("manifests")
    void aManifestIsRefusedAtItsLine(String what, String yaml, List<String> expected) throws IOException {
        Path file = Files.writeString(cluster.folder().resolve("bad.yaml"), yaml);
        CommandResult refused = cluster.gantry("apply", "-f", file.toString());
        isOneError(refused, FAILED);
        assertThat(refused.stderr()).contains(file.toString()).contains(expected);
        assertThat(refused.stdout()).isEmpty();
    }

    @Test
    void filesThatCannotBeReadAreNamedAndNothingOfTheOthersIsApplied() throws IOException {
        Path good = Files.writeString(
                cluster.folder().resolve("good.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n");
        Path binary = Files.write(
                cluster.folder().resolve("binary.yaml"), "\u00ff\u00fe".getBytes(StandardCharsets.ISO_8859_1));
        CommandResult refused =
                cluster.gantry("apply", "-f", good.toString(), "-f", "/no/such.yaml", "-f", binary.toString());
        isOneError(refused, FAILED);
        assertThat(refused.stderr()).contains("/no/such.yaml does not exist", binary + " is not UTF-8 text");
    }

    static Stream<Arguments> commandLines() {
        return Stream.of(
                arguments(List.of("appl", "-f", "x"), List.of("there is no 'gantry appl'; did you mean apply?")),
                arguments(
                        List.of("-n", "team", "get", "pods"),
                        List.of("'-n' stands before the verb: options follow it")),
                arguments(
                        List.of("apply", "--filname", "x"),
                        List.of("'gantry apply' has no option --filname; did you mean --filename?")),
                arguments(
                        List.of("scale", "deployment/web", "--replica", "3"),
                        List.of("'gantry scale' has no option --replica; did you mean --replicas?")),
                arguments(List.of("scale", "deployment/web", "--replicas", "many"), List.of("--replicas", "'many'")),
                arguments(List.of("rollout", "stat", "deployment/web"), List.of("no 'gantry rollout stat'", "status")),
                arguments(List.of("rollout"), List.of("expected gantry rollout and one of:", "undo")),
                arguments(
                        List.of("token", "create", "--ttl", "soon"),
                        List.of("'soon' is no duration", "1h30m", "See 'gantry token create --help'")),
                arguments(List.of("get"), List.of("TYPE NAME", "See 'gantry get --help'")),
                arguments(List.of("get", "pods", "-o", "xml"), List.of("-o xml: expected wide, json, yaml or name")),
                arguments(List.of("exec", "web"), List.of("no command: expected gantry exec web -- COMMAND")),
                arguments(List.of("version", "now"), List.of("'now' is one argument too many for 'gantry version'")));
    }

    @ParameterizedTest(name = "gantry {0}")
    @MethodSource("commandLines")
    void aCommandLineIsRefusedWithWhatWasMeant(List<String> typed, List<String> expected) {
        CommandResult refused = cluster.gantry(typed.toArray(String[]::new));
        isOneError(refused, USAGE);
        assertThat(refused.stderr()).contains(expected);
    }

    static Stream<Arguments> requests() {
        return Stream.of(
                arguments(List.of("get", "podz"), "no resource type \"podz\": did you mean \"pods\"?"),
                arguments(List.of("get", "pod", "nope"), "pods \"nope\" not found in namespace \"default\""),
                arguments(List.of("describe", "node", "nope"), "nodes \"nope\" not found"),
                arguments(List.of("delete", "pod", "nope"), "pods \"nope\" not found"),
                arguments(List.of("logs", "nope"), "pods \"nope\" not found"),
                arguments(List.of("exec", "nope", "--", "ls", "-l"), "pods \"nope\" not found"),
                arguments(
                        List.of("scale", "deployment/nope", "--replicas", "3"), "deployments.apps \"nope\" not found"),
                arguments(List.of("rollout", "undo", "deployment/nope"), "deployments.apps \"nope\" not found"),
                arguments(List.of("token", "create", "--uses", "0"), "expected 1 to 10000 uses, not 0"),
                arguments(List.of("token", "delete", "nope"), "gantry token list"));
    }

    @ParameterizedTest(name = "gantry {0}")
    @MethodSource("requests")
    void whatIsNotThereIsSaid(List<String> typed, String expected) {
        CommandResult refused = cluster.gantry(typed.toArray(String[]::new));
        isOneError(refused, FAILED);
        assertThat(refused.stderr()).contains(expected);
    }

    static Stream<Arguments> kubeconfigs() {
        return Stream.of(
                arguments("x", "is no kubeconfig"),
                arguments("{kind: Config}", "has no current-context"),
                arguments("{kind: Config, current-context: gone}", "contexts has no entry named \"gone\""),
                arguments(kubeconfig("https://127.0.0.1:6444"), "no control plane answers at https://127.0.0.1:6444"),
                arguments(kubeconfig("https://no-such-host.invalid:6443"), "\"no-such-host.invalid\""),
                arguments(kubeconfig("nonsense"), "expected a URL such as https://127.0.0.1:6443"),
                arguments(kubeconfig("https://127.0.0.1:6443"), "is not the cluster of this kubeconfig"));
    }

    private static String kubeconfig(String server) {
        return """
                {kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
                clusters: [{name: c, cluster: {server: "%s"}}], users: [{name: u, user: {token: none}}]}
                """.formatted(server);
    }

    @ParameterizedTest
    @MethodSource("kubeconfigs")
    void aKubeconfigThatLeadsNowhereSaysWhy(String text, String expected) throws IOException {
        Path file = Files.writeString(cluster.folder().resolve("kubeconfig"), text);
        CommandResult refused = cluster.gantry("get", "pods", "--kubeconfig", file.toString());
        isOneError(refused, FAILED);
        assertThat(refused.stderr()).contains(expected);
    }

    @Test
    void withoutAClusterOneIsToldHowToStartOne() {
        CommandResult refused = bare.gantry("get", "pods");
        isOneError(refused, FAILED);
        assertThat(refused.stderr()).contains("does not exist", "gantry up");
    }

    static Stream<Arguments> hosts() {
        return Stream.of(
                arguments(
                        List.of("--pod-range", "10.96.0.0/16"),
                        "--pod-range 10.96.0.0/16 and --service-range 10.96.0.0/16 overlap"),
                arguments(
                        List.of(),
                        "--pod-range 10.244.0.0/16 overlaps with this host's route to 10.244.7.0/24 (device near): choose another range with --pod-range"),
                arguments(
                        List.of("--service-range", "10.244.7.0/25", "--pod-range", "10.10.0.0/16"),
                        "--service-range 10.244.7.0/25 overlaps with this host's route"),
                arguments(List.of("--pod-range", "10.300.0.0/16"), "--pod-range 10.300.0.0/16: \"300\""),
                arguments(List.of("--pod-range", "10.1.2.3/16"), "expected 10.1.0.0/16"),
                arguments(List.of("--port", "99999"), "--port 99999: expected a port from 1 to 65535"),
                arguments(List.of("--node-ports", "200-100"), "--node-ports 200-100: expected FIRST-LAST"),
                arguments(List.of("--zookeeper", "nowhere"), "--zookeeper: \"nowhere\" is not HOST:PORT"),
                arguments(List.of("--node-name", "Bad_Name"), "--node-name Bad_Name: expected"));
    }

    @ParameterizedTest(name = "gantry up {0}")
    @MethodSource("hosts")
    void aHostThatCannotBecomeANodeIsLeftAsItWas(List<String> flags, String expected) {
        CommandResult refused = bare.inside(line(bare, flags, "up"));
        isOneError(refused, FAILED);
        assertThat(refused.stderr()).contains(expected);
        assertThat(bare.state()).doesNotExist();
        assertThat(bare.run()).doesNotExist();
    }

    @Test
    void aTokenOrAddressThatIsNoneIsRefusedBeforeAnythingIsStarted() {
        CommandResult refused = bare.gantry("node", "join", "--control-plane", "nowhere", "--token", "hush-hush");
        isOneError(refused, FAILED);
        assertThat(refused.stderr())
                .contains("--control-plane: \"nowhere\" is not HOST:PORT", "not a join token", "gantry token create")
                .doesNotContain("hush-hush");
        assertThat(bare.state()).doesNotExist();
    }

    @Test
    void aPortInUseIsSaidWithWhatToDo() throws IOException {
        Path state = cluster.folder().resolve("second");
        CommandResult refused = cluster.inside(line(
                cluster,
                List.of("--state", state.toString(), "--run", state + "-run", "--pod-range", "10.10.0.0/16"),
                "up"));
        isOneError(refused, FAILED);
        assertThat(refused.stderr()).contains("port 6443 is in use", "ss -ltnp", "--port");
        assertThat(state).doesNotExist();
    }

    @Test
    void onlyRootMayAndIsToldSo() {
        for (String verb : List.of("up", "down")) {
            List<String> command =
                    new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"));
            command.addAll(List.of(bare.commandLine(verb)));
            CommandResult refused = bare.inside(command.toArray(String[]::new));
            isOneError(refused, FAILED);
            assertThat(refused.stderr()).contains("only root may", "sudo");
        }
        assertThat(bare.state()).doesNotExist();
    }

    @Test
    void aDockerfileErrorHasItsLineAndLeavesNoImage() throws IOException {
        Path context = Files.createDirectories(cluster.folder().resolve("context"));
        Files.writeString(context.resolve("Dockerfile"), "FROM scratch\nCOPPY a b\n");
        CommandResult refused = cluster.gantry("build", "-t", "bad:1", context.toString());
        assertThat(refused.exitCode()).isEqualTo(FAILED);
        assertThat(refused.stderr()).contains("Dockerfile:2").contains("COPPY").doesNotContain("\tat ");
        Files.writeString(context.resolve("Dockerfile"), "FROM scratch\nCOPY missing /x\n");
        refused = cluster.gantry("build", "-t", "bad:1", context.toString());
        assertThat(refused.exitCode()).isEqualTo(FAILED);
        assertThat(refused.stderr()).contains("Dockerfile:2").contains("missing");
        Files.writeString(context.resolve("Dockerfile"), "FROM nope:1\nRUN true\n");
        refused = cluster.gantry("build", "-t", "bad:1", context.toString());
        assertThat(refused.exitCode()).isEqualTo(FAILED);
        assertThat(refused.stderr()).contains("nope:1");
        assertThat(cluster.gantry("images").ok().stdout()).doesNotContain("bad:1");
    }

    @Test
    void aMissingImageIsSaidWhereOneLooks() {
        cluster.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: no-image}
                spec: {containers: [{name: main, image: "nope:1"}]}
                """);
        await().untilAsserted(() -> {
            JsonNode waiting = cluster.get("pod", "no-image").at("/status/containerStatuses/0/state/waiting");
            assertThat(waiting.path("reason").asText()).isEqualTo("ImageNotFound");
            assertThat(waiting.path("message").asText()).contains("gantry build -t nope:1");
        });
        assertThat(cluster.gantry("get", "pods").ok().stdout()).contains("ImageNotFound");
        assertThat(cluster.gantry("describe", "pod", "no-image").ok().stdout()).contains("gantry build -t nope:1");
        cluster.gantry("delete", "pod", "no-image").ok();
    }

    /** The verb's line with flags instead of those that it has anyway, or beside them. */
    private static String[] line(TestHost host, List<String> flags, String verb) {
        List<String> line = new ArrayList<>(Arrays.asList(host.commandLine(verb)));
        for (int i = 0; i < flags.size(); i += 2) {
            int at = line.indexOf(flags.get(i));
            if (at >= 0) {
                line.set(at + 1, flags.get(i + 1));
            } else {
                line.addAll(flags.subList(i, i + 2));
            }
        }
        return line.toArray(String[]::new);
    }

    private static void isOneError(CommandResult result, int exitCode) {
        assertThat(result.exitCode()).as(result.toString()).isEqualTo(exitCode);
        assertThat(result.stderr()).startsWith("gantry: ").doesNotContain("\tat ", "Exception");
        assertThat(result.stderr().lines().count()).as(result.stderr()).isLessThan(10);
    }

    /** Everything that a manifest could have made or changed. */
    private static List<String> objects() {
        List<String> objects = new ArrayList<>();
        for (String type : List.of("deployments", "configmaps", "services", "pods")) {
            cluster.get(type, "--all-namespaces")
                    .path("items")
                    .forEach(item -> objects.add(type + " "
                            + item.at("/metadata/namespace").asText() + "/"
                            + item.at("/metadata/name").asText() + " "
                            + item.at("/metadata/resourceVersion").asText()));
        }
        return objects;
    }
}
