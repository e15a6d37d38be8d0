package dev.gantry.controlplane.resource.admission;

import dev.gantry.controlplane.resource.Problems;
import java.util.Optional;
import java.util.regex.Pattern;

/** The syntax of names, labels and keys (Kubernetes, "Object Names and IDs" and "Labels and Selectors"; RFC 1123, RFC 1035). */
public final class Names {
    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final Pattern DNS_LABEL = Pattern.compile(LABEL);
    private static final Pattern DNS_SUBDOMAIN = Pattern.compile(LABEL + "(\\." + LABEL + ")*");
    private static final Pattern DNS_1035 = Pattern.compile("[a-z]([-a-z0-9]*[a-z0-9])?");
    private static final Pattern QUALIFIED_PART = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
    private static final Pattern DATA_KEY = Pattern.compile("[-._a-zA-Z0-9]+");
    private static final Pattern ENVIRONMENT_NAME = Pattern.compile("[-._a-zA-Z][-._a-zA-Z0-9]*");
    private static final Pattern PORT_NAME = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");

    private static final int LABEL_LENGTH = 63;
    private static final int SUBDOMAIN_LENGTH = 253;
    private static final int PORT_NAME_LENGTH = 15;

    private Names() {}

    public static boolean isLabel(String name) {
        return name.length() <= LABEL_LENGTH && DNS_LABEL.matcher(name).matches();
    }

    public static boolean isSubdomain(String name) {
        return name.length() <= SUBDOMAIN_LENGTH && DNS_SUBDOMAIN.matcher(name).matches();
    }

    static boolean isDns1035(String name) {
        return name.length() <= LABEL_LENGTH && DNS_1035.matcher(name).matches();
    }

    static boolean isPortName(String name) {
        return name.length() <= PORT_NAME_LENGTH
                && PORT_NAME.matcher(name).matches()
                && name.chars().anyMatch(Character::isLetter)
                && !name.contains("--");
    }

    static boolean isDataKey(String key) {
        return key.length() <= SUBDOMAIN_LENGTH
                && DATA_KEY.matcher(key).matches()
                && !key.equals(".")
                && !key.startsWith("..");
    }

    static boolean isEnvironmentName(String name) {
        return ENVIRONMENT_NAME.matcher(name).matches();
    }

    static boolean isLabelValue(String value) {
        return value.isEmpty()
                || (value.length() <= LABEL_LENGTH
                        && QUALIFIED_PART.matcher(value).matches());
    }

    /** A name with an optional DNS prefix, such as {@code app.kubernetes.io/name}. */
    static boolean isQualifiedName(String name) {
        int slash = name.indexOf('/');
        String part = name.substring(slash + 1);
        return (slash < 0 || isSubdomain(name.substring(0, slash)))
                && part.length() <= LABEL_LENGTH
                && QUALIFIED_PART.matcher(part).matches();
    }

    static void requireLabel(String field, String name, Problems problems) {
        if (name.isEmpty()) {
            problems.required(field, "");
        } else if (!isLabel(name)) {
            problems.invalid(
                    field,
                    name,
                    "a lowercase RFC 1123 label has at most 63 lower case letters, digits or '-', and begins and ends with a letter or digit");
        }
    }

    /** @return why the name is wrong; empty when it is right */
    static Optional<String> subdomainFault(String name) {
        return isSubdomain(name)
                ? Optional.empty()
                : Optional.of(
                        "a lowercase RFC 1123 subdomain has at most 253 lower case letters, digits, '-' or '.', and begins and ends with a letter or digit");
    }
}
