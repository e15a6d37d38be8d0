package dev.gantry.e2e.kubectl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.e2e.host.TestHost;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** kubectl with the kubeconfig of {@code gantry up}: what it prints, column by column, and what it changes. */
@Tag("root")
class KubectlTest {
    private static TestHost host;
    private static Kubectl kubectl;

    @BeforeAll
    static void up() {
        host = TestHost.create("kubectl");
        kubectl = Kubectl.on(host);
        host.gantry("up").ok();
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.close();
        }
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

        assertThat(kubectl.saysOf(settings.formatted("green"), "apply", "-f", "-"))
                .isEqualTo("configmap/settings created\n");
        assertThat(kubectl.saysOf(settings.formatted("green"), "apply", "-f", "-"))
                .isEqualTo("configmap/settings unchanged\n");
        assertThat(kubectl.saysOf(settings.formatted("red"), "apply", "-f", "-"))
                .isEqualTo("configmap/settings configured\n");
        assertThat(kubectl.says("get", "configmap", "settings")).matches("NAME +DATA +AGE *\nsettings +2 +\\d+s *\n");
        assertThat(kubectl.says("get", "cm", "settings", "-o", "jsonpath={.data.color}"))
                .isEqualTo("red");

        assertThat(kubectl.says("delete", "configmap", "settings"))
                .isEqualTo("configmap \"settings\" deleted from default namespace\n");
        assertThat(kubectl.complains("get", "configmap", "settings"))
                .isEqualTo("Error from server (NotFound): configmaps \"settings\" not found\n");
    }
}
