package dev.gantry.linux;

import java.nio.charset.StandardCharsets;
import java.util.List;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/** Starts programs by posix_spawn(3): unlike fork it copies nothing of this process, and unlike ProcessBuilder it starts no helper. */
public final class Spawn {
    /** More than the C library's posix_spawn_file_actions_t takes. */
    private static final int ACTIONS_SIZE = 256;

    private Spawn() {}

    /**
     * Starts a program. The caller waits for it, by pid ({@link ProcessWatch}).
     *
     * @param program an open file that holds it, which may be a sealed {@link Memfd}
     * @param descriptors become 0, 1, 2 … of the new process. Other descriptors may slip in: the program closes what lies above
     * @return its pid
     */
    public static int spawn(Descriptor program, List<String> arguments, List<Descriptor> descriptors)
            throws LinuxException {
        return NativeThreads.call(() -> {
            try (Lifted lifted = Lifted.above(descriptors)) {
                return spawnHere(program, arguments, lifted);
            }
        });
    }

    /** Waits for a child that is about to end, and reaps it. */
    public static void await(int pid) {
        NativeThreads.call(() -> Posix.C.waitpid(pid, new int[1], 0));
    }

    private static int spawnHere(Descriptor program, List<String> arguments, Lifted descriptors) throws LinuxException {
        Pointer actions = Memory.allocateDirect(Libc.RUNTIME, ACTIONS_SIZE, true);
        check(Libc.C.posix_spawn_file_actions_init(actions), "prepare to spawn");
        try {
            for (int i = 0; i < descriptors.numbers().length; i++) {
                check(
                        Libc.C.posix_spawn_file_actions_adddup2(
                                actions, descriptors.numbers()[i], i),
                        "prepare to spawn");
            }
            int[] pid = new int[1];
            try (CStrings argv = new CStrings(arguments);
                    CStrings environment = new CStrings(List.of())) {
                int result = Libc.C.posix_spawn(
                        pid,
                        FileNames.cString(program.procPath()),
                        actions,
                        null,
                        argv.pointer(),
                        environment.pointer());
                check(result, "spawn " + program);
            }
            return pid[0];
        } finally {
            Libc.C.posix_spawn_file_actions_destroy(actions);
        }
    }

    private static void check(int result, String operation) throws LinuxException {
        if (result != 0) {
            throw new LinuxException(operation, result);
        }
    }

    /** Copies with numbers above all targets, so that no dup2 overwrites what a later one copies. */
    private record Lifted(int[] numbers) implements AutoCloseable {
        private static final int F_DUPFD_CLOEXEC = 1030;

        static Lifted above(List<Descriptor> descriptors) throws LinuxException {
            int[] numbers = new int[descriptors.size()];
            java.util.Arrays.fill(numbers, -1);
            Lifted lifted = new Lifted(numbers);
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = Libc.C.fcntl(descriptors.get(i).number(), F_DUPFD_CLOEXEC, 16);
                if (numbers[i] < 0) {
                    LinuxException error = LinuxException.last("copy " + descriptors.get(i));
                    lifted.close();
                    throw error;
                }
            }
            return lifted;
        }

        @Override
        public void close() {
            for (int number : numbers) {
                if (number >= 0) {
                    Posix.C.close(number);
                }
            }
        }
    }

    /** A NULL-terminated array of C strings. */
    private static final class CStrings implements AutoCloseable {
        private final Pointer array;
        private final List<Pointer> strings;

        CStrings(List<String> values) {
            array = Memory.allocateDirect(Libc.RUNTIME, 8 * (values.size() + 1), true);
            strings = values.stream().map(CStrings::string).toList();
            for (int i = 0; i < strings.size(); i++) {
                array.putPointer(8L * i, strings.get(i));
            }
        }

        private static Pointer string(String value) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            Pointer pointer = Memory.allocateDirect(Libc.RUNTIME, bytes.length + 1, true);
            pointer.put(0, bytes, 0, bytes.length);
            return pointer;
        }

        Pointer pointer() {
            return array;
        }

        /** Keeps the strings reachable until here. */
        @Override
        public void close() {
            java.lang.ref.Reference.reachabilityFence(strings);
        }
    }
}
