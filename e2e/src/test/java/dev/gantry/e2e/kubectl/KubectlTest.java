package dev.gantry.e2e.kubectl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.Terminal;
import dev.gantry.e2e.host.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** kubectl with the kubeconfig of {@code gantry up}: what it prints, column by column, and what it changes. */
@Tag("root")
class KubectlTest {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Ends when it is told to. */
    private static final String IDLE = "trap 'exit 0' TERM; while :; do sleep 1 & wait; done";

    private static TestHost host;
    private static Kubectl kubectl;

    @BeforeAll
    static void up() {
        host = TestHost.create("kubectl");
        kubectl = Kubectl.on(host);
        host.gantry("up").ok();
        BusyboxImage.bringTo(host);
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.close();
        }
    }

    /** Amounts and empty fields as people write them: none of it may count as a change when a controller writes the object back. */
    private static String deployment(String name, int replicas) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %s}
                spec:
                  replicas: %d
                  selector: {matchLabels: {app: %s}, matchExpressions: []}
                  template:
                    metadata: {creationTimestamp: null, labels: {app: %s}}
                    spec:
                      initContainers: []
                      containers:
                      - name: main
                        image: busybox:test
                        command: ["/bin/sh", "-c", "%s"]
                        args: []
                        resources: {requests: {cpu: 0.01, memory: 1048576}, limits: {cpu: 1000m}}
                """.formatted(name, replicas, name, name, IDLE);
    }

    /** A table with these columns and rows, however wide; a row is a pattern for each cell. */
    private static String table(List<String> columns, List<List<String>> rows) {
        return "\\Q%s\\E *\n%s"
                .formatted(
                        String.join("\\E +\\Q", columns),
                        rows.stream()
                                .map(row -> String.join(" +", row) + " *\n")
                                .collect(Collectors.joining()));
    }

    @Test
    void clientIsTheOneThatIsMeant() {
        assertThat(kubectl.says("version")).contains("Client Version: v1.35.2", "Server Version: v1.");
    }

    @Test
    void appliesGetsAndDeletes() {
        String settings = """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: settings}
                data: {color: %s, size: small}
                """;

        assertThat(kubectl.applies(settings.formatted("green"))).isEqualTo("configmap/settings created\n");
        assertThat(kubectl.applies(settings.formatted("green"))).isEqualTo("configmap/settings unchanged\n");
        assertThat(kubectl.applies(settings.formatted("red"))).isEqualTo("configmap/settings configured\n");
        assertThat(kubectl.says("get", "configmap", "settings"))
                .matches(table(List.of("NAME", "DATA", "AGE"), List.of(List.of("settings", "2", "\\d+s"))));
        assertThat(kubectl.field("cm/settings", ".data.color")).isEqualTo("red");

        assertThat(kubectl.says("delete", "configmap", "settings"))
                .isEqualTo("configmap \"settings\" deleted from default namespace\n");
        assertThat(kubectl.complains("get", "configmap", "settings"))
                .isEqualTo("Error from server (NotFound): configmaps \"settings\" not found\n");
    }

    @Test
    void createsFromManifestsAndSaysWhatItCannotRead() throws IOException {
        Path manifest = Files.writeString(
                host.folder().resolve("made.yaml"),
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: made}, data: {a: b}}");
        assertThat(kubectl.says("create", "-f", manifest.toString())).isEqualTo("configmap/made created\n");
        assertThat(kubectl.complains("create", "-f", manifest.toString()))
                .contains("(AlreadyExists)", "configmaps \"made\" already exists");
        assertThat(kubectl.says("delete", "-f", manifest.toString())).contains("\"made\" deleted");
    }

    @Test
    void createsFromArguments() {
        assertThat(kubectl.says("create", "namespace", "made-of-words")).isEqualTo("namespace/made-of-words created\n");
        assertThat(kubectl.says("create", "configmap", "words", "--from-literal=color=green", "-n", "made-of-words"))
                .isEqualTo("configmap/words created\n");
        assertThat(kubectl.says("create", "secret", "generic", "words", "--from-literal=a=b", "-n", "made-of-words"))
                .isEqualTo("secret/words created\n");
        assertThat(kubectl.says("get", "secret/words", "-n", "made-of-words", "-o", "jsonpath={.type} {.data.a}"))
                .isEqualTo("Opaque Yg==");
        assertThat(kubectl.says("create", "serviceaccount", "words", "-n", "made-of-words"))
                .isEqualTo("serviceaccount/words created\n");
        assertThat(kubectl.says("create", "service", "clusterip", "words", "--tcp=80:8080", "-n", "made-of-words"))
                .isEqualTo("service/words created\n");
        assertThat(kubectl.says(
                        "create", "deployment", "words", "--image=busybox:test", "--replicas=0", "-n", "made-of-words"))
                .isEqualTo("deployment.apps/words created\n");
        assertThat(kubectl.says(
                        "get",
                        "deployment/words",
                        "-n",
                        "made-of-words",
                        "-o",
                        "jsonpath={.spec.replicas} {.spec.selector}"))
                .isEqualTo("0 {\"matchLabels\":{\"app\":\"words\"}}");
        assertThat(kubectl.complains("create", "deployment", "words", "--image=busybox:test", "-n", "made-of-words"))
                .contains("\"words\" already exists");
        assertThat(kubectl.says("auth", "can-i", "create", "deployments")).isEqualTo("yes\n");
        assertThat(kubectl.says("auth", "can-i", "--list")).containsPattern("\\*\\.\\* +\\[] +\\[] +\\[\\*]\n");
        assertThat(kubectl.says("auth", "whoami"))
                .containsPattern("Username +\\S+\n")
                .containsPattern("Groups +\\[gantry:administrators]\n");
        assertThat(kubectl.says("delete", "namespace", "made-of-words")).contains("\"made-of-words\" deleted");
    }

    @Test
    void explainsFieldsAndShowsWhatWouldChange() throws IOException {
        assertThat(kubectl.says("explain", "deployment.spec.replicas"))
                .contains("GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n", "FIELD: replicas <integer>\n");
        assertThat(kubectl.says("explain", "pods.spec.containers.resources", "--recursive"))
                .containsPattern("FIELD: resources <ResourceRequirements>")
                .containsPattern(" limits\t<map\\[string\\](string|number|Quantity)?.*>\n");

        kubectl.applies(deployment("different", 0));
        Path changed = Files.writeString(
                host.folder().resolve("different.yaml"),
                deployment("different", 0).replace("0.01", "0.02"));
        CommandResult difference = kubectl.run("diff", "-f", changed.toString());
        assertThat(difference.exitCode()).isEqualTo(1);
        assertThat(difference.stdout())
                .containsPattern("-  generation: 1\n\\+  generation: 2\n")
                .containsPattern("\\+ +cpu: 0.02\n");
        assertThat(kubectl.says("apply", "-f", changed.toString(), "--dry-run=server"))
                .isEqualTo("deployment.apps/different configured (server dry run)\n");
        assertThat(kubectl.field("deployment/different", ".metadata.generation"))
                .isEqualTo("1");
        kubectl.says("delete", "deployment", "different");
    }

    @Test
    void appliesOnTheServerAndTellsWhoOwnsWhat() {
        String[] apply = {"apply", "--server-side", "-f", "-"};
        assertThat(kubectl.runWith(deployment("owned", 0), apply).ok().stdout())
                .isEqualTo("deployment.apps/owned serverside-applied\n");
        kubectl.says("scale", "deployment/owned", "--replicas=0", "--current-replicas=0");
        kubectl.says("set", "env", "deployment/owned", "A=b");
        assertThat(kubectl.runWith(deployment("owned", 0), apply).ok().stdout())
                .isEqualTo("deployment.apps/owned serverside-applied\n");
        assertThat(kubectl.field("deployment/owned", ".spec.template.spec.containers[0].env[0].value"))
                .as("what another has added stays")
                .isEqualTo("b");

        kubectl.says("set", "image", "deployment/owned", "main=" + BusyboxImage.OTHER_NAME);
        CommandResult conflict = kubectl.runWith(deployment("owned", 0), apply);
        assertThat(conflict.exitCode()).isEqualTo(1);
        assertThat(conflict.stderr())
                .contains("Apply failed with 1 conflict: conflict with \"kubectl-set\" using apps/v1:"
                        + " .spec.template.spec.containers[name=\"main\"].image");
        assertThat(kubectl.runWith(deployment("owned", 0), "apply", "--server-side", "--force-conflicts", "-f", "-")
                        .ok()
                        .stdout())
                .isEqualTo("deployment.apps/owned serverside-applied\n");
        assertThat(kubectl.field("deployment/owned", ".spec.template.spec.containers[0].image"))
                .isEqualTo(BusyboxImage.NAME);
        kubectl.says("delete", "deployment", "owned");
    }

    @Test
    void showsPodsInEveryFormat() {
        kubectl.applies(Manifests.pod("shown", IDLE, Manifests.ONCE));
        kubectl.awaits("Ready", "pod/shown");

        assertThat(kubectl.says("get", "pods", "-l", "app=shown"))
                .matches(table(
                        List.of("NAME", "READY", "STATUS", "RESTARTS", "AGE"),
                        List.of(List.of("shown", "1/1", "Running", "0", "\\d+s"))));
        assertThat(kubectl.says("get", "pod", "shown", "-o", "wide"))
                .matches(table(
                        List.of(
                                "NAME",
                                "READY",
                                "STATUS",
                                "RESTARTS",
                                "AGE",
                                "IP",
                                "NODE",
                                "NOMINATED NODE",
                                "READINESS GATES"),
                        List.of(List.of(
                                "shown",
                                "1/1",
                                "Running",
                                "0",
                                "\\d+s",
                                "10\\.244\\.0\\.\\d+",
                                "kubectl",
                                "<none>",
                                "<none>"))));
        assertThat(kubectl.says("get", "pod/shown", "-o", "yaml"))
                .contains(
                        "apiVersion: v1\nkind: Pod\n",
                        "\n    image: busybox:test\n",
                        "\n  nodeName: kubectl\n",
                        "\n  phase: Running\n");
        assertThat(kubectl.says("get", "pods", "-A", "--selector", "app=shown"))
                .matches("NAMESPACE +NAME +(?s:.*)\ndefault +shown +(?s:.*)");
        assertThat(kubectl.says("get", "pods", "-l", "app=shown", "-o", "name", "--show-kind"))
                .isEqualTo("pod/shown\n");
        assertThat(kubectl.says("describe", "pod", "shown"))
                .containsPattern("Name: +shown\n")
                .containsPattern("Node: +kubectl/")
                .containsPattern("Status: +Running\n")
                .containsPattern(" Image: +busybox:test\n")
                .containsPattern(" Ready +True *\n")
                .containsPattern("Normal +Scheduled +.* Successfully assigned default/shown to kubectl")
                .containsPattern("Normal +Started +.* Started container main");
        kubectl.says("delete", "pod", "shown");
        assertThat(kubectl.run("get", "pods", "-l", "app=shown").ok().stderr())
                .isEqualTo("No resources found in default namespace.\n");
    }

    @Test
    void watchesAsThingsChange() {
        kubectl.applies(Manifests.pod("earlier", IDLE, Manifests.ONCE));
        Path output = host.folder().resolve("watched.out");
        Process watch = kubectl.start(
                output,
                "get",
                "pods",
                "-l",
                "app in (earlier,watched)",
                "--watch",
                "--output-watch-events",
                "--no-headers");
        try {
            await("what is there already is shown")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(output).content().containsPattern("ADDED +earlier "));
            kubectl.applies(Manifests.pod("watched", IDLE, Manifests.ONCE));
            kubectl.awaits("Ready", "pod/watched");
            kubectl.says("delete", "pod", "watched");
            await("the deletion is seen")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(output).content().contains("DELETED"));
            assertThat(output)
                    .content()
                    .matches("(?s)ADDED +earlier .*"
                            + "ADDED +watched +0/1 +Pending .*"
                            + "MODIFIED +watched +1/1 +Running .*"
                            + "MODIFIED +watched +1/1 +Terminating .*"
                            + "DELETED +watched +[^\n]*\n");
        } finally {
            watch.destroy();
        }
        kubectl.says("delete", "pod", "earlier");
    }

    @Test
    void rollsOutAndBack() {
        kubectl.applies(deployment("web", 2));
        rolledOut("web", 1);
        assertThat(kubectl.says("get", "deployment", "web", "-o", "wide"))
                .matches(table(
                        List.of("NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"),
                        List.of(List.of("web", "2/2", "2", "2", "\\d+s", "main", "busybox:test", "app=web"))));

        assertThat(kubectl.says("set", "image", "deployment/web", "main=" + BusyboxImage.OTHER_NAME))
                .isEqualTo("deployment.apps/web image updated\n");
        rolledOut("web", 2);
        assertThat(images("web")).isEqualTo(BusyboxImage.OTHER_NAME);
        assertThat(kubectl.says("rollout", "history", "deployment/web"))
                .containsPattern("REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n");

        assertThat(kubectl.says("rollout", "undo", "deployment/web")).isEqualTo("deployment.apps/web rolled back\n");
        rolledOut("web", 3);
        assertThat(images("web")).isEqualTo(BusyboxImage.NAME);
        assertThat(kubectl.says("rollout", "history", "deployment/web"))
                .as("the first template, as kubectl writes it, is still the first's")
                .containsPattern("REVISION +CHANGE-CAUSE\n2 +<none>\n3 +<none>\n");
        assertThat(kubectl.says("rollout", "history", "deployment/web", "--revision=2"))
                .contains("revision #2")
                .containsPattern("Image:\\s+busybox:other\n");

        assertThat(kubectl.says("scale", "deployment/web", "--replicas=3")).isEqualTo("deployment.apps/web scaled\n");
        rolledOut("web", 4);
        assertThat(kubectl.says("get", "deploy", "web", "--no-headers")).matches("web +3/3 +3 +3 +\\d+s *\n");
        assertThat(kubectl.says("describe", "deployment", "web"))
                .contains("3 desired | 3 updated | 3 total | 3 available | 0 unavailable")
                .containsPattern("Available +True +MinimumReplicasAvailable\n")
                .containsPattern("NewReplicaSet: +web-\\w+ \\(3/3 replicas created\\)\n")
                .containsPattern("ScalingReplicaSet .* Scaled up replica set web-\\w+ from 2 to 3");

        assertThat(kubectl.says("label", "deployment/web", "tier=front")).isEqualTo("deployment.apps/web labeled\n");
        assertThat(kubectl.says("annotate", "deployment/web", "note=read this"))
                .isEqualTo("deployment.apps/web annotated\n");
        assertThat(kubectl.says("get", "deployments", "-l", "tier=front", "-L", "tier", "--no-headers"))
                .matches("web +3/3 .* front *\n");
        assertThat(kubectl.field("deployment/web", ".metadata.annotations.note"))
                .isEqualTo("read this");
        assertThat(kubectl.complains("label", "deployment/web", "tier=back")).contains("--overwrite");
        assertThat(kubectl.says("label", "deployment/web", "tier-")).isEqualTo("deployment.apps/web unlabeled\n");
        assertThat(kubectl.field("deployment/web", ".metadata.labels.tier")).isEmpty();
        assertThat(kubectl.field("deployment/web", ".metadata.generation")).isEqualTo("4");
        kubectl.says("delete", "deployment", "web");
    }

    /** Waits as people do, and looks at what they see on the way: a specification that was seen once is not waited for again. */
    private static void rolledOut(String name, int generation) {
        String progress = kubectl.says("rollout", "status", "deployment/" + name, "--timeout=60s");
        List<String> lines = progress.lines().toList();
        assertThat(lines).last().isEqualTo("deployment \"%s\" successfully rolled out".formatted(name));
        assertThat(lines.stream().skip(1)).noneMatch(line -> line.contains("spec update to be observed"));
        assertThat(kubectl.field("deployment/" + name, ".metadata.generation")).isEqualTo(Integer.toString(generation));
    }

    /** Of the ReplicaSets that have pods. */
    private static String images(String app) {
        return kubectl.says(
                "get",
                "replicasets",
                "-l",
                "app=" + app,
                "-o",
                "jsonpath={.items[?(@.status.readyReplicas>0)].spec.template.spec.containers[0].image}");
    }

    @Test
    void followsALogToItsEnd() {
        kubectl.applies(Manifests.pod(
                "counter", "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; usleep 100000; done", Manifests.ONCE));
        await("the container has started")
                .atMost(PATIENCE)
                .until(() -> !kubectl.field("pod/counter", ".status.containerStatuses[0].containerID")
                        .isEmpty());
        String lines =
                IntStream.rangeClosed(1, 10).mapToObj("line %d\n"::formatted).collect(Collectors.joining());

        assertThat(kubectl.says("logs", "-f", "counter")).isEqualTo(lines);
        assertThat(kubectl.says("logs", "counter")).isEqualTo(lines);
        assertThat(kubectl.says("logs", "pod/counter", "--tail=2")).isEqualTo("line 9\nline 10\n");
        assertThat(kubectl.says("logs", "counter", "--timestamps", "--tail=1"))
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+Z line 10\n");
        assertThat(kubectl.complains("logs", "counter", "-c", "other")).contains("container other is not valid");
        kubectl.says("delete", "pod", "counter");
    }

    @Test
    void executesCommands() {
        kubectl.applies(Manifests.pod("shell", IDLE, Manifests.ONCE));
        kubectl.awaits("Ready", "pod/shell");

        CommandResult failed = kubectl.run("exec", "shell", "--", "sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(failed.exitCode()).isEqualTo(7);
        assertThat(failed.stdout()).isEqualTo("out\n");
        assertThat(failed.stderr()).isEqualTo("err\ncommand terminated with exit code 7\n");
        assertThat(kubectl.runWith("some words\n", "exec", "-i", "shell", "--", "tr", "a-z", "A-Z")
                        .ok()
                        .stdout())
                .isEqualTo("SOME WORDS\n");
        // more than any buffer on the way holds, and its end must not overtake it
        for (int i = 0; i < 5; i++) {
            CommandResult much = kubectl.run("exec", "shell", "--", "sh", "-c", "seq 1 50000; exit 3");
            assertThat(much.exitCode()).as(much.stderr()).isEqualTo(3);
            assertThat(much.stdout()).hasLineCount(50_000).endsWith("\n50000\n");
        }

        try (Terminal terminal = kubectl.terminal("exec", "-it", "shell", "--", "sh")) {
            terminal.awaits("/ # ");
            terminal.types("tty; stty size; exit $((2 + 3))");
            assertThat(terminal.exitCode()).isEqualTo(5);
            assertThat(terminal.screen())
                    .contains("/dev/pts/0\r\n", "%d %d\r\n".formatted(Terminal.ROWS, Terminal.COLUMNS));
        }
        kubectl.says("delete", "pod", "shell");
    }

    @Test
    void forwardsPortsAndCopiesFiles() throws IOException {
        String script = "mkdir /www; echo served > /www/index.html; httpd -p 127.0.0.1:8080 -h /www; " + IDLE;
        kubectl.applies(Manifests.pod("ported", script, Manifests.ONCE));
        kubectl.awaits("Ready", "pod/ported");
        Path output = host.folder().resolve("forward.out");
        Process forward = kubectl.start(output, "port-forward", "pod/ported", "18080:8080", "18081:8081");
        try {
            await("the ports are open")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(output)
                            .content()
                            .contains("127.0.0.1:18080 -> 8080", "127.0.0.1:18081 -> 8081"));
            for (int i = 0; i < 3; i++) {
                assertThat(host.inside("curl", "-sS", "--max-time", "20", "http://127.0.0.1:18080/")
                                .ok()
                                .stdout())
                        .as("only the pod itself reaches what listens on its loopback address")
                        .isEqualTo("served\n");
            }
            assertThat(host.inside("curl", "-sS", "--max-time", "20", "http://127.0.0.1:18081/")
                            .exitCode())
                    .isNotZero();
            await("it is said why")
                    .atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(output).content().contains("port 8081 of pod ported: Connection refused"));
        } finally {
            forward.destroy();
        }

        Path sent = Files.writeString(host.folder().resolve("sent.txt"), "copied\n".repeat(50_000));
        kubectl.says("cp", sent.toString(), "ported:/tmp/got.txt");
        assertThat(kubectl.says("exec", "ported", "--", "wc", "-l", "/tmp/got.txt"))
                .startsWith("50000 ");
        Path back = host.folder().resolve("back.txt");
        kubectl.says("cp", "ported:/tmp/got.txt", back.toString());
        assertThat(back).hasSameTextualContentAs(sent);
        kubectl.says("delete", "pod", "ported");
    }

    @Test
    void deletesInTheForeground() throws IOException {
        Path signal = Files.createDirectory(host.folder().resolve("signal"));
        String stubborn =
                deployment("front", 1).replace(IDLE, "trap '' TERM; until [ -e /signal/end ]; do usleep 50000; done");
        kubectl.applies(stubborn + "        volumeMounts: [{name: signal, mountPath: /signal}]\n"
                + "      volumes: [{name: signal, hostPath: {path: %s}}]\n".formatted(signal));
        rolledOut("front", 1);

        assertThat(kubectl.says("delete", "deployment", "front", "--cascade=foreground", "--wait=false"))
                .isEqualTo("deployment.apps \"front\" deleted from default namespace\n");
        await("the pod is being stopped")
                .atMost(PATIENCE)
                .until(() -> kubectl.says("get", "pods", "-l", "app=front").contains("Terminating"));
        assertThat(kubectl.field("deployment/front", ".metadata.finalizers")).contains("foregroundDeletion");
        assertThat(kubectl.field("deployment/front", ".metadata.deletionTimestamp"))
                .isNotEmpty();
        Files.createFile(signal.resolve("end"));
        kubectl.says("wait", "--for=delete", "deployment/front", "--timeout=60s");
        assertThat(kubectl.says("get", "replicasets,pods", "-l", "app=front")).isEmpty();
    }

    @Test
    void deletesAndLeavesOrphans() {
        kubectl.applies(deployment("lone", 1));
        rolledOut("lone", 1);
        String pod = kubectl.says("get", "pods", "-l", "app=lone", "-o", "name").strip();

        assertThat(kubectl.says("delete", "deployment", "lone", "--cascade=orphan"))
                .isEqualTo("deployment.apps \"lone\" deleted from default namespace\n");
        assertThat(kubectl.complains("get", "deployment", "lone")).contains("(NotFound)");
        assertThat(kubectl.says("get", "replicasets", "-l", "app=lone", "--no-headers"))
                .matches("lone-\\w+ +1 +1 +1 +\\d+s *\n");
        String set = kubectl.says("get", "replicasets", "-l", "app=lone", "-o", "name")
                .strip();
        assertThat(kubectl.field(set, ".metadata.ownerReferences")).isEmpty();
        kubectl.says("delete", set, "--cascade=orphan");
        assertThat(kubectl.field(pod, ".metadata.ownerReferences")).isEmpty();
        assertThat(kubectl.field(pod, ".status.phase")).isEqualTo("Running");
        kubectl.says("delete", pod);
    }

    @Test
    void cordonsANode() {
        assertThat(kubectl.says("cordon", "kubectl")).isEqualTo("node/kubectl cordoned\n");
        try {
            assertThat(kubectl.says("get", "nodes"))
                    .matches(table(
                            List.of("NAME", "STATUS", "ROLES", "AGE", "VERSION"),
                            List.of(List.of("kubectl", "Ready,SchedulingDisabled", "<none>", "\\d+[sm]\\w*", "\\S+"))));
            assertThat(kubectl.says("describe", "node", "kubectl")).containsPattern("Unschedulable: +true\n");
            kubectl.applies(Manifests.pod("waiting", "true", Manifests.ONCE));
            await("the scheduler says why")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(kubectl.says("describe", "pod", "waiting"))
                            .containsPattern("Status: +Pending\n")
                            .containsPattern("Warning +FailedScheduling .* cordoned"));
        } finally {
            assertThat(kubectl.says("uncordon", "kubectl")).isEqualTo("node/kubectl uncordoned\n");
        }
        kubectl.says("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/waiting", "--timeout=60s");
        assertThat(kubectl.says("get", "pod", "waiting", "--no-headers")).matches("waiting +0/1 +Completed +0 .*\n");
        kubectl.says("delete", "pod", "waiting");
    }
}
