package dev.gantry.linux.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.linux.Errno;
import dev.gantry.linux.LinuxException;
import dev.gantry.linux.NamespaceHolder.PodNamespaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class LauncherNamespaceHolderTest {
    @TempDir
    Path directory;

    private LauncherNamespaceHolder holder;

    @BeforeEach
    void open() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: it makes namespaces");
        holder = LauncherNamespaceHolder.open(directory);
    }

    @AfterEach
    void shutDown() throws IOException {
        if (holder != null) {
            holder.shutDown();
        }
    }

    @Test
    void pinsNamespacesThatASecondAgentFindsAgain() throws IOException {
        PodNamespaces made = holder.create("pod-1", 0);
        String network = Files.readSymbolicLink(Path.of(made.networkPath())).toString();
        assertThat(network).startsWith("net:[");
        assertThat(network)
                .isNotEqualTo(
                        Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString());
        assertThat(made.userPath()).isEmpty();
        assertThat(holder.create("pod-1", 0)).isEqualTo(made);
        holder.close();

        holder = LauncherNamespaceHolder.open(directory);
        assertThat(holder.list()).containsExactly(made);
        assertThat(Files.readSymbolicLink(Path.of(made.networkPath())).toString())
                .isEqualTo(network);
        holder.release("pod-1");
        holder.release("pod-1");
        assertThat(holder.list()).isEmpty();
    }

    @Test
    void makesAUserNamespaceThatOwnsTheOthers() throws IOException {
        int base = holder.freeUserBase();
        PodNamespaces made = holder.create("with-user", base);
        assertThat(Files.readSymbolicLink(Path.of(made.userPath())).toString()).startsWith("user:[");
        assertThat(holder.freeUserBase()).isEqualTo(base + 65536);
        assertThatThrownBy(() -> holder.create("with-user", 0))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
    }

    @Test
    void takesFromAPoolByRenaming() throws IOException {
        PodNamespaces pooled = holder.create("pool-1", 0);
        PodNamespaces pod = holder.rename("pool-1", "pod");
        assertThat(pod.networkPath()).isEqualTo(pooled.networkPath());
        assertThat(holder.find("pool-1")).isEmpty();
        assertThat(holder.find("pod")).contains(pod);
    }

    @Test
    void refusesNamesThatAreNone() {
        assertThatThrownBy(() -> holder.create("a b", 0)).isInstanceOf(LinuxException.class);
        assertThatThrownBy(() -> holder.create("../x\n", 0)).isInstanceOf(LinuxException.class);
    }
}
