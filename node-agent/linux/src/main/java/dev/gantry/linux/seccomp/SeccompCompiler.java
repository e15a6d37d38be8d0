package dev.gantry.linux.seccomp;

import dev.gantry.linux.Descriptor;
import dev.gantry.linux.Errno;
import dev.gantry.linux.LinuxException;
import dev.gantry.linux.Memfd;
import dev.gantry.linux.NativeThreads;
import dev.gantry.linux.seccomp.SeccompProfile.Argument;
import dev.gantry.linux.seccomp.SeccompProfile.Rule;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.jspecify.annotations.Nullable;

/**
 * Translates profiles by libseccomp (LGPL, called, not linked in). It takes some milliseconds, so programs are kept by profile: a host has a handful. Safe for use by
 * many threads.
 */
public final class SeccompCompiler {
    private static final int MOST_KEPT = 64;
    private static final int UNKNOWN_CALL = -1;
    private static final int ARGUMENT_SIZE = 24;
    private static final int ATTRIBUTE_OPTIMIZE = 8;
    private static final int BINARY_TREE = 2;

    /** libseccomp's names and numbers of architectures. */
    private static final Map<String, Integer> ARCHITECTURES = Map.of(
            "x86_64", 0xc000003e,
            "x86", 0x40000003,
            "x32", 0x4000003e,
            "aarch64", 0xc00000b7,
            "arm", 0x40000028);

    private final Map<SeccompProfile, byte[]> programs = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<SeccompProfile, byte[]> eldest) {
            return size() > MOST_KEPT;
        }
    };

    /** libseccomp's functions. Public only for the class that jnr-ffi generates; nobody outside this package can name it through its holder. */
    private static final class Library {
        static final Functions C = LibraryLoader.create(Functions.class)
                .library("libseccomp.so.2")
                .library("seccomp")
                .failImmediately()
                .load();
        static final Runtime RUNTIME = Runtime.getRuntime(C);

        private Library() {}
    }

    /** See seccomp_init(3) and its neighbours. */
    public interface Functions {
        @Nullable
        Pointer seccomp_init(int action);

        void seccomp_release(Pointer filter);

        int seccomp_arch_add(Pointer filter, int architecture);

        int seccomp_arch_exist(Pointer filter, int architecture);

        int seccomp_syscall_resolve_name(String name);

        int seccomp_rule_add_array(Pointer filter, int action, int call, int count, @Nullable Pointer arguments);

        int seccomp_export_bpf(Pointer filter, int fd);

        int seccomp_attr_set(Pointer filter, int attribute, int value);
    }

    /**
     * The program for the kernel, 8 bytes an instruction.
     *
     * @throws IOException when libseccomp is missing or refuses the profile
     */
    public byte[] compile(SeccompProfile profile) throws IOException {
        synchronized (programs) {
            byte[] program = programs.get(profile);
            if (program != null) {
                return program.clone();
            }
        }
        byte[] program = NativeThreads.call(() -> translate(profile));
        synchronized (programs) {
            programs.put(profile, program);
        }
        return program.clone();
    }

    private static byte[] translate(SeccompProfile profile) throws IOException {
        Functions library;
        try {
            library = Library.C;
        } catch (LinkageError e) {
            throw new IOException(
                    "libseccomp can't be loaded: install the package libseccomp2, version 2.5 or later", e);
        }
        Pointer filter = library.seccomp_init(profile.defaultAction().number());
        if (filter == null) {
            throw new LinuxException("begin a system call filter", Errno.ENOMEM);
        }
        try (Descriptor file = Memfd.create("seccomp")) {
            for (String architecture : profile.architectures()) {
                add(library, filter, architecture);
            }
            // a filter that is searched as a tree instead of a list; older libraries only make the list
            int ignored = library.seccomp_attr_set(filter, ATTRIBUTE_OPTIMIZE, BINARY_TREE);
            if (ignored > 0) {
                throw new LinuxException("optimize the system call filter", Errno.EINVAL);
            }
            for (Rule rule : profile.rules()) {
                if (!rule.action().equals(profile.defaultAction())) {
                    add(library, filter, rule);
                }
            }
            check(library.seccomp_export_bpf(filter, file.number()), "translate the system call filter");
            file.seek(0);
            return file.input().readAllBytes();
        } finally {
            library.seccomp_release(filter);
        }
    }

    private static void add(Functions library, Pointer filter, String architecture) throws IOException {
        Integer number = ARCHITECTURES.get(architecture);
        if (number == null) {
            return; // one that this machine can't run, so nothing of it can be called
        }
        if (library.seccomp_arch_exist(filter, number) != 0) {
            check(library.seccomp_arch_add(filter, number), "filter the architecture " + architecture);
        }
    }

    private static void add(Functions library, Pointer filter, Rule rule) throws IOException {
        int count = rule.arguments().size();
        Pointer arguments = count == 0 ? null : Memory.allocateDirect(Library.RUNTIME, count * ARGUMENT_SIZE, true);
        for (int i = 0; i < count; i++) {
            Argument argument = rule.arguments().get(i);
            Pointer at = java.util.Objects.requireNonNull(arguments, "arguments is null");
            at.putInt((long) i * ARGUMENT_SIZE, argument.index());
            at.putInt((long) i * ARGUMENT_SIZE + 4, argument.comparison().number());
            at.putLongLong((long) i * ARGUMENT_SIZE + 8, argument.value());
            at.putLongLong((long) i * ARGUMENT_SIZE + 16, argument.other());
        }
        for (String call : rule.calls()) {
            int number = library.seccomp_syscall_resolve_name(call);
            if (number != UNKNOWN_CALL) {
                check(
                        library.seccomp_rule_add_array(filter, rule.action().number(), number, count, arguments),
                        "filter the system call " + call);
            }
        }
    }

    private static void check(int result, String operation) throws LinuxException {
        if (result < 0) {
            throw new LinuxException(operation, -result);
        }
    }
}
