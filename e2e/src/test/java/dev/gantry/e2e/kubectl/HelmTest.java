package dev.gantry.e2e.kubectl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.e2e.host.BusyboxImage;
import dev.gantry.e2e.host.CommandResult;
import dev.gantry.e2e.host.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Helm 4, which applies on the server and waits for what it has applied, with a chart of this test's. */
@Tag("root")
class HelmTest {
    private static TestHost host;
    private static Kubectl kubectl;
    private static String helm;
    private static Path chart;

    @BeforeAll
    static void up() throws IOException {
        host = TestHost.create("helm");
        kubectl = Kubectl.on(host);
        helm = Kubectl.client("helm");
        chart = chart();
        host.gantry("up").ok();
        BusyboxImage.bringTo(host);
    }

    @AfterAll
    static void down() {
        if (host != null) {
            host.close();
        }
    }

    private static Path chart() throws IOException {
        Path folder = Files.createDirectories(host.folder().resolve("site"));
        Files.writeString(folder.resolve("Chart.yaml"), "{apiVersion: v2, name: site, version: 1.2.3}\n");
        Files.writeString(folder.resolve("values.yaml"), "color: green\nextra: true\n");
        Files.createDirectories(folder.resolve("templates"));
        Files.writeString(folder.resolve("templates/all.yaml"), """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: "{{ .Release.Name }}"}
                data: {color: "{{ .Values.color }}"}
                {{- if .Values.extra }}
                ---
                apiVersion: v1
                kind: Secret
                metadata: {name: "{{ .Release.Name }}-extra"}
                stringData: {word: sesame}
                {{- end }}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: "{{ .Release.Name }}"}
                spec: {selector: {app: "{{ .Release.Name }}"}, ports: [{port: 80, targetPort: 8080}]}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: "{{ .Release.Name }}"}
                spec:
                  selector: {matchLabels: {app: "{{ .Release.Name }}"}}
                  template:
                    metadata: {labels: {app: "{{ .Release.Name }}"}, annotations: {color: "{{ .Values.color }}"}}
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers:
                      - name: main
                        image: busybox:test
                        command: [/bin/sh, -c, "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
                """);
        return folder;
    }

    private static String helm(String... arguments) {
        List<String> command = new ArrayList<>(List.of("env"));
        for (String kind : List.of("CACHE", "CONFIG", "DATA")) {
            command.add("HELM_%s_HOME=%s".formatted(kind, host.folder().resolve("helm-" + kind)));
        }
        command.add(helm);
        command.addAll(List.of(arguments));
        CommandResult result = host.inside(command.toArray(String[]::new));
        return result.ok().stdout();
    }

    @Test
    void installsUpgradesRollsBackAndUninstalls() {
        assertThat(helm("version", "--short")).startsWith("v4.1.4");
        assertThat(helm("install", "www", chart.toString(), "--wait", "--timeout=60s"))
                .contains("STATUS: deployed\nREVISION: 1\n");
        assertThat(kubectl.field("deployment/www", ".status.availableReplicas")).isEqualTo("1");
        assertThat(kubectl.field("secret/www-extra", ".data.word")).isEqualTo("c2VzYW1l");

        assertThat(helm("upgrade", "www", chart.toString(), "--set=color=red,extra=false", "--wait", "--timeout=60s"))
                .contains("has been upgraded");
        assertThat(kubectl.field("configmap/www", ".data.color")).isEqualTo("red");
        assertThat(kubectl.complains("get", "secret", "www-extra")).contains("(NotFound)");
        assertThat(kubectl.field("deployment/www", ".spec.template.metadata.annotations.color"))
                .isEqualTo("red");

        assertThat(helm("rollback", "www", "1", "--wait", "--timeout=60s")).contains("Rollback was a success");
        assertThat(kubectl.field("configmap/www", ".data.color")).isEqualTo("green");
        assertThat(kubectl.says("get", "secret", "www-extra", "-o", "name")).isEqualTo("secret/www-extra\n");
        assertThat(helm("history", "www")).contains("superseded", "deployed", "Rollback to 1");

        assertThat(helm("uninstall", "www", "--wait", "--timeout=60s")).isEqualTo("release \"www\" uninstalled\n");
        assertThat(kubectl.says("get", "deployments,services,configmaps,secrets", "-o", "name"))
                .doesNotContain("www");
    }
}
