package dev.gantry.linux.seccomp;

import java.util.List;

/**
 * A system call filter, resolved for one container: no conditions are left in it. Rules that ask for different arguments of one call add up.
 *
 * @param defaultAction for calls that no rule names
 * @param architectures whose calls are filtered, as libseccomp names them (x86_64, x86, x32); calls of others kill
 */
public record SeccompProfile(Action defaultAction, List<String> architectures, List<Rule> rules) {
    public SeccompProfile {
        architectures = List.copyOf(architectures);
        rules = List.copyOf(rules);
    }

    /**
     * @param kind what happens
     * @param value the error number of ERRNO, the message of TRACE; else 0
     */
    public record Action(Kind kind, int value) {
        public static final Action ALLOW = new Action(Kind.ALLOW, 0);

        /** The numbers are the kernel's, see seccomp(2). */
        public enum Kind {
            KILL_PROCESS(0x80000000),
            KILL_THREAD(0),
            TRAP(0x00030000),
            ERRNO(0x00050000),
            TRACE(0x7ff00000),
            LOG(0x7ffc0000),
            ALLOW(0x7fff0000);

            private final int number;

            Kind(int number) {
                this.number = number;
            }
        }

        int number() {
            return kind.number | (value & 0xffff);
        }
    }

    /**
     * @param calls by name; one that libseccomp doesn't know is passed over, as it can't be made by that name
     * @param arguments all of which must hold
     */
    public record Rule(List<String> calls, Action action, List<Argument> arguments) {
        public Rule {
            calls = List.copyOf(calls);
            arguments = List.copyOf(arguments);
        }
    }

    /**
     * @param index from 0
     * @param value compared with; the mask for MASKED_EQUAL
     * @param other the value for MASKED_EQUAL; else 0
     */
    public record Argument(int index, Comparison comparison, long value, long other) {
        /** In libseccomp's order, from 1. */
        public enum Comparison {
            NOT_EQUAL,
            LESS,
            LESS_OR_EQUAL,
            EQUAL,
            GREATER_OR_EQUAL,
            GREATER,
            MASKED_EQUAL;

            int number() {
                return ordinal() + 1;
            }
        }
    }
}
