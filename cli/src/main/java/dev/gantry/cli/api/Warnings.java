package dev.gantry.cli.api;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code Warning:} headers of the API server (RFC 7234, section 5.5), as kubectl shows them. */
final class Warnings {
    private static final Pattern HEADER = Pattern.compile("299 \\S+ \"((?:[^\"\\\\]|\\\\.)*)\".*");

    private Warnings() {}

    static void print(String header) {
        Matcher matcher = HEADER.matcher(header);
        System.err.println("Warning: " + (matcher.matches() ? matcher.group(1).replaceAll("\\\\(.)", "$1") : header));
    }
}
