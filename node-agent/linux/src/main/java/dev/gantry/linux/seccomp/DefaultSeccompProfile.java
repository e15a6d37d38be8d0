package dev.gantry.linux.seccomp;

import dev.gantry.linux.seccomp.SeccompProfile.Action;
import dev.gantry.linux.seccomp.SeccompProfile.Argument;
import dev.gantry.linux.seccomp.SeccompProfile.Argument.Comparison;
import dev.gantry.linux.seccomp.SeccompProfile.Rule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The profile of containers that ask for none: {@code default-profile.txt} beside this class, which says where it comes from. */
public final class DefaultSeccompProfile {
    private static final int EPERM = 1;
    private static final Pattern CALL = Pattern.compile("([a-z0-9_]+)(?:\\((\\d)(?:&(\\d+))?(==|!=)(\\d+)\\))?");

    private DefaultSeccompProfile() {}

    /** @param capabilities of the container, without CAP_ */
    public static SeccompProfile forCapabilities(Set<String> capabilities) {
        return parse(Resource.TEXT, capabilities, System.getProperty("os.arch", "amd64"));
    }

    private static final class Resource {
        static final String TEXT = read();

        private static String read() {
            try (InputStream in = DefaultSeccompProfile.class.getResourceAsStream("default-profile.txt")) {
                if (in == null) {
                    throw new IllegalStateException("The jar lacks the default seccomp profile");
                }
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static SeccompProfile parse(String text, Set<String> capabilities, String architecture) {
        List<Rule> rules = new ArrayList<>();
        for (String line : text.split("\n")) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] words = line.strip().split(" +");
            if (!holds(words[0], capabilities, architecture)) {
                continue;
            }
            boolean fails = words[1].equals("errno");
            Action action = fails ? new Action(Action.Kind.ERRNO, Integer.parseInt(words[2])) : Action.ALLOW;
            for (int i = fails ? 3 : 1; i < words.length; i++) {
                rules.add(rule(words[i], action));
            }
        }
        List<String> architectures =
                architecture.equals("aarch64") ? List.of("aarch64", "arm") : List.of("x86_64", "x86", "x32");
        return new SeccompProfile(new Action(Action.Kind.ERRNO, EPERM), architectures, rules);
    }

    private static boolean holds(String condition, Set<String> capabilities, String architecture) {
        return switch (condition) {
            case "always" -> true;
            case "amd64" -> !architecture.equals("aarch64");
            case "arm64" -> architecture.equals("aarch64");
            default ->
                condition.startsWith("!CAP_")
                        ? !capabilities.contains(condition.substring(5))
                        : capabilities.contains(condition.substring(4));
        };
    }

    private static Rule rule(String word, Action action) {
        Matcher matcher = CALL.matcher(word);
        if (!matcher.matches()) {
            throw new IllegalStateException("The default seccomp profile has a malformed entry: " + word);
        }
        List<String> calls = List.of(matcher.group(1));
        if (matcher.group(2) == null) {
            return new Rule(calls, action, List.of());
        }
        int index = Integer.parseInt(matcher.group(2));
        long value = Long.parseLong(matcher.group(5));
        String mask = matcher.group(3);
        Argument argument = mask != null
                ? new Argument(index, Comparison.MASKED_EQUAL, Long.parseLong(mask), value)
                : new Argument(
                        index, matcher.group(4).equals("==") ? Comparison.EQUAL : Comparison.NOT_EQUAL, value, 0);
        return new Rule(calls, action, List.of(argument));
    }
}
