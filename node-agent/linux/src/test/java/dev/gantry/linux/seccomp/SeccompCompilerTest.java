package dev.gantry.linux.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SeccompCompilerTest {
    /** What Docker's documentation lists as significant blocked calls, as far as no capability of the default set allows them. */
    private static final List<String> DENIED = List.of(
            "acct",
            "add_key",
            "bpf",
            "clock_settime",
            "create_module",
            "delete_module",
            "finit_module",
            "get_kernel_syms",
            "get_mempolicy",
            "init_module",
            "ioperm",
            "iopl",
            "kcmp",
            "kexec_file_load",
            "kexec_load",
            "keyctl",
            "lookup_dcookie",
            "mbind",
            "mount",
            "move_pages",
            "nfsservctl",
            "open_by_handle_at",
            "perf_event_open",
            "pivot_root",
            "query_module",
            "quotactl",
            "reboot",
            "request_key",
            "set_mempolicy",
            "setns",
            "settimeofday",
            "stime",
            "swapon",
            "swapoff",
            "sysfs",
            "_sysctl",
            "umount",
            "umount2",
            "unshare",
            "uselib",
            "userfaultfd",
            "ustat",
            "vm86",
            "vm86old",
            "io_uring_setup",
            "io_uring_enter",
            "io_uring_register");

    @Test
    void translatesTheDefaultProfileForThreeArchitectures() throws Exception {
        SeccompProfile profile = DefaultSeccompProfile.forCapabilities(Set.of("CHOWN", "NET_RAW"));
        SeccompCompiler compiler = new SeccompCompiler();
        byte[] program = compiler.compile(profile);
        assertThat(program.length % 8).isZero();
        assertThat(program.length / 8).isBetween(300, 4096);
        assertThat(compiler.compile(profile)).isEqualTo(program);
    }

    @Test
    void deniesWhatIsDocumentedAsDenied() {
        Set<String> allowed = allowed(Set.of("CHOWN", "SYS_CHROOT"));
        assertThat(allowed).doesNotContainAnyElementsOf(DENIED);
        assertThat(allowed).contains("read", "chroot", "clone", "seccomp");
    }

    @Test
    void capabilitiesBringTheirCalls() {
        assertThat(allowed(Set.of("SYS_ADMIN"))).contains("mount", "setns", "clone3");
        assertThat(allowed(Set.of("SYS_TIME"))).contains("clock_settime").doesNotContain("mount");
    }

    private static Set<String> allowed(Set<String> capabilities) {
        return DefaultSeccompProfile.forCapabilities(capabilities).rules().stream()
                .filter(rule -> rule.action().equals(SeccompProfile.Action.ALLOW))
                .flatMap(rule -> rule.calls().stream())
                .collect(Collectors.toSet());
    }
}
