package dev.gantry.controlplane.dispatch;

import dev.gantry.wire.node.v1.Security;
import io.fabric8.kubernetes.api.model.AppArmorProfile;
import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SELinuxOptions;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SecurityContext;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A container's security context over its pod's, with the defaults that Docker and containerd have. */
final class SecurityConverter {
    /** The fourteen that Docker and containerd leave to a container. */
    static final List<String> DEFAULT_CAPABILITIES = List.of(
            "AUDIT_WRITE",
            "CHOWN",
            "DAC_OVERRIDE",
            "FOWNER",
            "FSETID",
            "KILL",
            "MKNOD",
            "NET_BIND_SERVICE",
            "NET_RAW",
            "SETFCAP",
            "SETGID",
            "SETPCAP",
            "SETUID",
            "SYS_CHROOT");

    /** capabilities(7), Linux 5.9 and later. */
    private static final List<String> ALL_CAPABILITIES = Stream.concat(
                    DEFAULT_CAPABILITIES.stream(),
                    Stream.of(
                            "AUDIT_CONTROL",
                            "AUDIT_READ",
                            "BLOCK_SUSPEND",
                            "BPF",
                            "CHECKPOINT_RESTORE",
                            "DAC_READ_SEARCH",
                            "IPC_LOCK",
                            "IPC_OWNER",
                            "LEASE",
                            "LINUX_IMMUTABLE",
                            "MAC_ADMIN",
                            "MAC_OVERRIDE",
                            "NET_ADMIN",
                            "NET_BROADCAST",
                            "PERFMON",
                            "SYSLOG",
                            "SYS_ADMIN",
                            "SYS_BOOT",
                            "SYS_MODULE",
                            "SYS_NICE",
                            "SYS_PACCT",
                            "SYS_PTRACE",
                            "SYS_RAWIO",
                            "SYS_RESOURCE",
                            "SYS_TIME",
                            "SYS_TTY_CONFIG",
                            "WAKE_ALARM"))
            .sorted()
            .toList();

    private final @Nullable PodSecurityContext pod;
    private final @Nullable SecurityContext container;

    private SecurityConverter(@Nullable PodSecurityContext pod, @Nullable SecurityContext container) {
        this.pod = pod;
        this.container = container;
    }

    static Security convert(PodSpec pod, Container container) {
        return new SecurityConverter(pod.getSecurityContext(), container.getSecurityContext()).convert();
    }

    private Security convert() {
        boolean privileged = isTrue(container(SecurityContext::getPrivileged));
        Security.Builder security = Security.newBuilder()
                .setPrivileged(privileged)
                .setNoNewPrivileges(
                        !privileged && Boolean.FALSE.equals(container(SecurityContext::getAllowPrivilegeEscalation)))
                .setReadOnlyRoot(isTrue(container(SecurityContext::getReadOnlyRootFilesystem)))
                .setUnmaskedProc("Unmasked".equals(container(SecurityContext::getProcMount)))
                .setRunAsNonRoot(isTrue(either(SecurityContext::getRunAsNonRoot, PodSecurityContext::getRunAsNonRoot)))
                .addAllCapabilities(capabilities(privileged))
                .setApparmorProfile(
                        apparmor(either(SecurityContext::getAppArmorProfile, PodSecurityContext::getAppArmorProfile)))
                .setSelinuxLabel(
                        selinux(either(SecurityContext::getSeLinuxOptions, PodSecurityContext::getSeLinuxOptions)));
        Long user = either(SecurityContext::getRunAsUser, PodSecurityContext::getRunAsUser);
        if (user != null) {
            security.setRunAsUser(user);
        }
        Long group = either(SecurityContext::getRunAsGroup, PodSecurityContext::getRunAsGroup);
        if (group != null) {
            security.setRunAsGroup(group);
        }
        seccomp(
                security,
                either(SecurityContext::getSeccompProfile, PodSecurityContext::getSeccompProfile),
                privileged);
        return security.build();
    }

    private Set<String> capabilities(boolean privileged) {
        if (privileged) {
            return new TreeSet<>(ALL_CAPABILITIES);
        }
        Set<String> result = new TreeSet<>(DEFAULT_CAPABILITIES);
        Capabilities change = container(SecurityContext::getCapabilities);
        if (change == null) {
            return result;
        }
        for (String name : names(change.getDrop())) {
            if (name.equals("ALL")) {
                result.clear();
            } else {
                result.remove(name);
            }
        }
        for (String name : names(change.getAdd())) {
            if (name.equals("ALL")) {
                result.addAll(ALL_CAPABILITIES);
            } else {
                result.add(name);
            }
        }
        return result;
    }

    private static List<String> names(@Nullable List<String> capabilities) {
        return capabilities == null
                ? List.of()
                : capabilities.stream()
                        .map(name -> name.toUpperCase(Locale.ROOT))
                        .map(name -> name.startsWith("CAP_") ? name.substring(4) : name)
                        .toList();
    }

    private static void seccomp(Security.Builder security, @Nullable SeccompProfile profile, boolean privileged) {
        String type = profile == null ? "" : profile.getType();
        switch (type) {
            case "Unconfined" -> security.setSeccomp(Security.SeccompKind.SECCOMP_UNCONFINED);
            case "Localhost" ->
                security.setSeccomp(Security.SeccompKind.SECCOMP_LOCALHOST)
                        .setSeccompProfile(
                                profile == null || profile.getLocalhostProfile() == null
                                        ? ""
                                        : profile.getLocalhostProfile());
            case "RuntimeDefault" -> security.setSeccomp(Security.SeccompKind.SECCOMP_DEFAULT);
            default ->
                security.setSeccomp(
                        privileged ? Security.SeccompKind.SECCOMP_UNCONFINED : Security.SeccompKind.SECCOMP_DEFAULT);
        }
    }

    /** Only a profile that was asked for by name is a request that a host may fail. */
    private static String apparmor(@Nullable AppArmorProfile profile) {
        return profile != null && "Localhost".equals(profile.getType()) && profile.getLocalhostProfile() != null
                ? profile.getLocalhostProfile()
                : "";
    }

    private static String selinux(@Nullable SELinuxOptions options) {
        return options == null
                ? ""
                : Stream.of(
                                part(options.getUser(), "system_u"),
                                part(options.getRole(), "system_r"),
                                part(options.getType(), "container_t"),
                                part(options.getLevel(), "s0"))
                        .collect(Collectors.joining(":"));
    }

    private static String part(@Nullable String value, String otherwise) {
        return value == null || value.isEmpty() ? otherwise : value;
    }

    private <T> @Nullable T either(
            Function<SecurityContext, @Nullable T> ofContainer, Function<PodSecurityContext, @Nullable T> ofPod) {
        T value = container(ofContainer);
        return value != null || pod == null ? value : ofPod.apply(pod);
    }

    private <T> @Nullable T container(Function<SecurityContext, @Nullable T> field) {
        return container == null ? null : field.apply(container);
    }

    private static boolean isTrue(@Nullable Boolean value) {
        return Boolean.TRUE.equals(value);
    }
}
