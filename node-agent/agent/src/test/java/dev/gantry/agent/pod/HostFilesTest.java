package dev.gantry.agent.pod;

import static dev.gantry.agent.pod.PodScenario.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.wire.node.v1.Dns;
import dev.gantry.wire.node.v1.HostAlias;
import dev.gantry.wire.node.v1.PodSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostFilesTest {
    private static final PodSpec SPEC = pod().setDns(Dns.newBuilder()
                    .addNameservers("10.96.0.10")
                    .addSearches("shop.svc.cluster.local")
                    .addSearches("svc.cluster.local")
                    .addOptions("ndots:5"))
            .addHostAliases(HostAlias.newBuilder()
                    .setAddress("192.0.2.1")
                    .addHostnames("db")
                    .addHostnames("db.example"))
            .build();

    @TempDir
    Path directory;

    @Test
    void namesThePodItsAliasesAndItsNameServers() throws Exception {
        HostFiles.write(directory, SPEC, "10.244.0.7");
        assertThat(directory.resolve("hosts"))
                .content()
                .startsWith("127.0.0.1\tlocalhost\n")
                .endsWith("10.244.0.7\tweb-0\n192.0.2.1\tdb\tdb.example\n");
        assertThat(directory.resolve("hostname")).hasContent("web-0");
        assertThat(directory.resolve("resolv.conf"))
                .content()
                .isEqualTo("nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local\noptions ndots:5\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("hosts"))))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void followsANewAddress() throws Exception {
        HostFiles.write(directory, SPEC, "10.244.0.7");
        HostFiles.write(directory, SPEC, "10.244.0.8");
        assertThat(directory.resolve("hosts"))
                .content()
                .contains("10.244.0.8\tweb-0")
                .doesNotContain("10.244.0.7");
    }

    @Test
    void completesWhatAFullDiskCutOff() throws Exception {
        Files.writeString(directory.resolve("hosts"), "127.0.0.1\tlocal");
        Files.writeString(directory.resolve(".hosts.new"), "127");
        HostFiles.write(directory, SPEC, "10.244.0.7");
        assertThat(directory.resolve("hosts")).content().contains("10.244.0.7\tweb-0");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).hasSize(3);
        }
    }

    @Test
    void hasNoHostnameOfItsOwnOnTheHostsNetwork() throws Exception {
        HostFiles.write(directory, SPEC.toBuilder().setHostNetwork(true).build(), "");
        assertThat(directory.resolve("hostname")).doesNotExist();
        assertThat(directory.resolve("hosts")).content().endsWith("192.0.2.1\tdb\tdb.example\n");
    }
}
