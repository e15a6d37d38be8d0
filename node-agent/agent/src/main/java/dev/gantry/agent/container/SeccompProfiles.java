package dev.gantry.agent.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gantry.linux.seccomp.DefaultSeccompProfile;
import dev.gantry.linux.seccomp.SeccompCompiler;
import dev.gantry.linux.seccomp.SeccompProfile;
import dev.gantry.linux.seccomp.SeccompProfile.Action;
import dev.gantry.linux.seccomp.SeccompProfile.Argument;
import dev.gantry.linux.seccomp.SeccompProfile.Argument.Comparison;
import dev.gantry.linux.seccomp.SeccompProfile.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The system call filters of containers: the default one, none, or one from a JSON file as Docker and the OCI runtime specification describe it. */
final class SeccompProfiles {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long MAX_FILE = 4 << 20;
    private static final int EPERM = 1;
    private static final String REASON = "CreateContainerConfigError";

    private final SeccompCompiler compiler = new SeccompCompiler();

    /** @return the program for the kernel; empty for none */
    Optional<byte[]> program(ContainerConfig.Security security) throws ContainerException {
        if (security.privileged() || security.seccompProfile().equals("unconfined")) {
            return Optional.empty();
        }
        try {
            SeccompProfile profile = security.seccompProfile().equals("default")
                    ? DefaultSeccompProfile.forCapabilities(security.capabilities())
                    : read(Path.of(security.seccompProfile()), security.capabilities());
            return Optional.of(compiler.compile(profile));
        } catch (IOException | IllegalArgumentException e) {
            throw new ContainerException(
                    REASON,
                    "The seccomp profile '%s' can't be used: %s".formatted(security.seccompProfile(), e.getMessage()),
                    e);
        }
    }

    private static SeccompProfile read(Path file, Set<String> capabilities) throws IOException {
        if (Files.size(file) > MAX_FILE) {
            throw new IOException("it has more than %s bytes".formatted(MAX_FILE));
        }
        return parse(MAPPER.readTree(Files.readAllBytes(file)), capabilities);
    }

    static SeccompProfile parse(JsonNode json, Set<String> capabilities) {
        List<Rule> rules = new ArrayList<>();
        for (JsonNode entry : json.path("syscalls")) {
            if (applies(entry.path("includes"), capabilities, true)
                    && applies(entry.path("excludes"), capabilities, false)) {
                rules.add(rule(entry));
            }
        }
        Action action = action(json.path("defaultAction").asText(), json.path("defaultErrnoRet"));
        return new SeccompProfile(action, architectures(json), rules);
    }

    /** Whether a condition lets an entry in: an includes that fully holds, an excludes of which nothing does. */
    private static boolean applies(JsonNode condition, Set<String> capabilities, boolean includes) {
        List<Boolean> held = new ArrayList<>();
        for (JsonNode capability : condition.path("caps")) {
            held.add(capabilities.contains(capability.asText().replaceFirst("^CAP_", "")));
        }
        if (condition.path("arches").size() > 0) {
            boolean found = false;
            for (JsonNode architecture : condition.path("arches")) {
                found |= architecture.asText().equals(imageArchitecture());
            }
            held.add(found);
        }
        // minKernel: every kernel that Gantry runs on is newer than the ones in use there
        return includes ? !held.contains(false) : !held.contains(true);
    }

    private static String imageArchitecture() {
        return System.getProperty("os.arch", "").equals("aarch64") ? "arm64" : "amd64";
    }

    private static List<String> architectures(JsonNode json) {
        String native_ = imageArchitecture().equals("arm64") ? "aarch64" : "x86_64";
        List<String> result = new ArrayList<>();
        json.path("architectures").forEach(name -> result.add(architecture(name)));
        for (JsonNode entry : json.path("archMap")) {
            if (architecture(entry.path("architecture")).equals(native_)) {
                result.add(native_);
                entry.path("subArchitectures").forEach(name -> result.add(architecture(name)));
            }
        }
        return result.isEmpty() ? List.of(native_) : result;
    }

    private static String architecture(JsonNode name) {
        return name.asText().replaceFirst("^SCMP_ARCH_", "").toLowerCase(Locale.ROOT);
    }

    private static Rule rule(JsonNode entry) {
        List<String> calls = new ArrayList<>();
        entry.path("names").forEach(name -> calls.add(name.asText()));
        if (entry.has("name")) {
            calls.add(entry.path("name").asText());
        }
        List<Argument> arguments = new ArrayList<>();
        for (JsonNode argument : entry.path("args")) {
            arguments.add(new Argument(
                    argument.path("index").asInt(),
                    comparison(argument.path("op").asText()),
                    argument.path("value").asLong(),
                    argument.path("valueTwo").asLong()));
        }
        return new Rule(calls, action(entry.path("action").asText(), entry.path("errnoRet")), arguments);
    }

    private static Action action(String name, JsonNode errno) {
        return switch (name) {
            case "SCMP_ACT_ALLOW" -> Action.ALLOW;
            case "SCMP_ACT_ERRNO" -> new Action(Action.Kind.ERRNO, errno.isNumber() ? errno.asInt() : EPERM);
            case "SCMP_ACT_TRACE" -> new Action(Action.Kind.TRACE, errno.isNumber() ? errno.asInt() : EPERM);
            case "SCMP_ACT_LOG" -> new Action(Action.Kind.LOG, 0);
            case "SCMP_ACT_TRAP" -> new Action(Action.Kind.TRAP, 0);
            case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> new Action(Action.Kind.KILL_THREAD, 0);
            case "SCMP_ACT_KILL_PROCESS" -> new Action(Action.Kind.KILL_PROCESS, 0);
            default -> throw new IllegalArgumentException("it has the unknown action '%s'".formatted(name));
        };
    }

    private static Comparison comparison(String name) {
        return switch (name) {
            case "SCMP_CMP_NE" -> Comparison.NOT_EQUAL;
            case "SCMP_CMP_LT" -> Comparison.LESS;
            case "SCMP_CMP_LE" -> Comparison.LESS_OR_EQUAL;
            case "SCMP_CMP_EQ" -> Comparison.EQUAL;
            case "SCMP_CMP_GE" -> Comparison.GREATER_OR_EQUAL;
            case "SCMP_CMP_GT" -> Comparison.GREATER;
            case "SCMP_CMP_MASKED_EQ" -> Comparison.MASKED_EQUAL;
            default -> throw new IllegalArgumentException("it has the unknown comparison '%s'".formatted(name));
        };
    }
}
