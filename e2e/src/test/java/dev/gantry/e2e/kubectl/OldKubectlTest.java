package dev.gantry.e2e.kubectl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.Manifests;
import dev.gantry.e2e.host.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An old kubectl, which does more by itself than a new one, and asks in other ways for the rest. */
@Tag("root")
class OldKubectlTest {
    private static final String IDLE = "trap 'exit 0' TERM; while :; do sleep 1 & wait; done";

    private static final String DEPLOYMENT = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: old}
            spec:
              replicas: 1
              selector: {matchLabels: {app: old}}
              template:
                metadata: {labels: {app: old}}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: busybox:test
                    command: ["/bin/sh", "-c", "%s"]
                    resources: {limits: {cpu: 1}}
            """.formatted(IDLE);

    private static TestHost host;
    private static Kubectl kubectl;

    @BeforeAll
    static void up() {
        host = TestHost.create("oldkubectl");
        kubectl = Kubectl.old(host);
        host.gantry("up").ok();
        BusyboxImage.bringTo(host);
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.close();
        }
    }

    private static Path manifest(String name, String content) throws IOException {
        return Files.writeString(host.folder().resolve(name + ".yaml"), content);
    }

    @Test
    void clientIsTheOneThatIsMeant() {
        assertThat(kubectl.says("version", "--short")).contains("Client Version: v1.20.2");
    }

    @Test
    void explainsFields() {
        assertThat(kubectl.says("explain", "deployment.spec.strategy"))
                .contains("KIND:     Deployment\nVERSION:  apps/v1\n", "RESOURCE: strategy <Object>\n")
                .containsPattern("   rollingUpdate\t<Object>\n");
        assertThat(kubectl.says("explain", "images.spec", "--api-version=gantry.dev/v1"))
                .contains("   name\t<string>\n");
    }

    @Test
    void refusesUnknownFieldsBeforeItSendsThem() throws IOException {
        Path wrong = manifest("wrong", DEPLOYMENT.replace("replicas: 1", "replicass: 1"));
        assertThat(kubectl.complains("apply", "-f", wrong.toString()))
                .contains(
                        "ValidationError(Deployment.spec): unknown field \"replicass\" in io.k8s.api.apps.v1.DeploymentSpec");
    }

    @Test
    void appliesAndRollsOutAndBack() throws IOException {
        Path first = manifest("first", DEPLOYMENT);
        assertThat(kubectl.says("apply", "-f", first.toString(), "--dry-run=server"))
                .isEqualTo("deployment.apps/old created (server dry run)\n");
        assertThat(kubectl.says("apply", "-f", first.toString())).isEqualTo("deployment.apps/old created\n");
        assertThat(kubectl.says("rollout", "status", "deployment/old", "--timeout=60s"))
                .contains("successfully rolled out");

        Path second = manifest("second", DEPLOYMENT.replace("{cpu: 1}", "{cpu: 500m}"));
        CommandResult difference = kubectl.run("diff", "-f", second.toString());
        assertThat(difference.exitCode()).as(difference.stderr()).isEqualTo(1);
        assertThat(difference.stdout()).containsPattern("\\+ +cpu: 500m\n");
        assertThat(kubectl.says("apply", "-f", second.toString())).isEqualTo("deployment.apps/old configured\n");
        kubectl.says("rollout", "status", "deployment/old", "--timeout=60s");
        assertThat(kubectl.says("rollout", "undo", "deployment/old")).isEqualTo("deployment.apps/old rolled back\n");
        kubectl.says("rollout", "status", "deployment/old", "--timeout=60s");
        assertThat(kubectl.says("get", "deployment", "old")).containsPattern("old +1/1 +1 +1 +\\d+s");
        assertThat(kubectl.says("delete", "deployment", "old")).isEqualTo("deployment.apps \"old\" deleted\n");
    }

    @Test
    void createsFromArguments() {
        assertThat(kubectl.says("create", "deployment", "words", "--image=busybox:test", "--replicas=0"))
                .isEqualTo("deployment.apps/words created\n");
        assertThat(kubectl.says("scale", "deployment/words", "--replicas=0"))
                .isEqualTo("deployment.apps/words scaled\n");
        assertThat(kubectl.says("delete", "deployment", "words")).contains("deleted");
        assertThat(kubectl.says("create", "secret", "generic", "words", "--from-literal=a=b"))
                .isEqualTo("secret/words created\n");
        assertThat(kubectl.says("auth", "can-i", "delete", "pods")).isEqualTo("yes\n");
    }

    @Test
    void showsLogs() {
        kubectl.applies(Manifests.pod("talker", "echo spoken; " + IDLE, Manifests.ONCE));
        kubectl.awaits("Ready", "pod/talker");
        assertThat(kubectl.says("logs", "talker")).isEqualTo("spoken\n");
        kubectl.says("delete", "pod", "talker");
    }
}
