package dev.gantry.agent.pod;

import dev.gantry.wire.node.v1.ContainerSpec;
import java.util.Locale;
import java.util.Map;

/** Numbers of signals by name, for Linux on x86-64 and arm64 (signal(7)). */
final class StopSignal {
    private static final int SIGTERM = 15;
    private static final Map<String, Integer> NUMBERS = Map.ofEntries(
            Map.entry("HUP", 1),
            Map.entry("INT", 2),
            Map.entry("QUIT", 3),
            Map.entry("ILL", 4),
            Map.entry("TRAP", 5),
            Map.entry("ABRT", 6),
            Map.entry("BUS", 7),
            Map.entry("FPE", 8),
            Map.entry("KILL", 9),
            Map.entry("USR1", 10),
            Map.entry("SEGV", 11),
            Map.entry("USR2", 12),
            Map.entry("PIPE", 13),
            Map.entry("ALRM", 14),
            Map.entry("TERM", SIGTERM),
            Map.entry("STKFLT", 16),
            Map.entry("CHLD", 17),
            Map.entry("CONT", 18),
            Map.entry("STOP", 19),
            Map.entry("TSTP", 20),
            Map.entry("TTIN", 21),
            Map.entry("TTOU", 22),
            Map.entry("URG", 23),
            Map.entry("XCPU", 24),
            Map.entry("XFSZ", 25),
            Map.entry("VTALRM", 26),
            Map.entry("PROF", 27),
            Map.entry("WINCH", 28),
            Map.entry("IO", 29),
            Map.entry("PWR", 30),
            Map.entry("SYS", 31));

    private StopSignal() {}

    /** @param name SIGTERM, TERM, 15, SIGRTMIN+3; SIGTERM for what is no signal's name, as the stop must go on */
    static int number(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        if (upper.matches("[0-9]{1,2}")) {
            int number = Integer.parseInt(upper);
            return number >= 1 && number <= 64 ? number : SIGTERM;
        }
        String plain = upper.startsWith("SIG") ? upper.substring(3) : upper;
        if (plain.matches("RTMIN(\\+[0-9]{1,2})?")) {
            return 34 + (plain.length() > 5 ? Integer.parseInt(plain.substring(6)) : 0);
        }
        return NUMBERS.getOrDefault(plain, SIGTERM);
    }

    /** @param imageSignal what the image asks for; may be empty */
    static int of(ContainerSpec spec, String imageSignal) {
        return number(spec.getStopSignal().isEmpty() ? imageSignal : spec.getStopSignal());
    }
}
