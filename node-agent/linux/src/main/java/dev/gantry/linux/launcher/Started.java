package dev.gantry.linux.launcher;

import dev.gantry.linux.Errno;
import dev.gantry.linux.ProcessIdentity;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * What a launcher tells once its process runs, over its status pipe and in the file {@code started}.
 *
 * @param process by its pid on the host
 * @param startedAtMillis since 1970-01-01 UTC
 */
public record Started(ProcessIdentity launcher, ProcessIdentity process, long startedAtMillis) {
    private static final String HEADER = "gantry-started 1";

    /** @throws LaunchException when the report says why nothing was started */
    static Started parse(String report) throws IOException {
        if (report.startsWith("S\n")) {
            return parseFile(report.substring(2));
        }
        if (report.startsWith("E ")) {
            String[] words = report.strip().split(" ", 3);
            throw new LaunchException(Integer.parseInt(words[1]), words.length > 2 ? words[2] : "start");
        }
        throw new LaunchException(Errno.EIO.number(), "the launcher ended without a report");
    }

    /** @throws IOException when the text is of an unknown version, or torn */
    public static Started parseFile(String text) throws IOException {
        String[] lines = text.split("\n");
        if (!lines[0].equals(HEADER)) {
            throw new IOException(
                    "A launcher's start record begins with %s; this agent knows only \"%s\": run the version of the agent that started it"
                            .formatted(lines[0].isEmpty() ? "nothing" : "\"" + lines[0] + "\"", HEADER));
        }
        Map<String, String> fields = new HashMap<>();
        for (int i = 1; i < lines.length; i++) {
            String[] words = lines[i].split(" ", 2);
            fields.put(words[0], words.length > 1 ? words[1] : "");
        }
        try {
            return new Started(
                    identity(fields.getOrDefault("launcher", "")),
                    identity(fields.getOrDefault("process", "")),
                    Long.parseLong(fields.getOrDefault("started", "")));
        } catch (NumberFormatException e) {
            throw new IOException("A launcher's start record is damaged: " + text, e);
        }
    }

    private static ProcessIdentity identity(String words) {
        int space = words.indexOf(' ');
        return new ProcessIdentity(
                Integer.parseInt(words.substring(0, Math.max(0, space))), Long.parseLong(words.substring(space + 1)));
    }
}
